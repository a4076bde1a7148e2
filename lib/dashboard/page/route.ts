import { useEffect, useState } from 'preact/hooks';

/** A page, by the part of the address behind `#`: a proxy may serve the dashboard at any path. */
export type Route =
  | { readonly page: 'queues' }
  | { readonly page: 'workers' }
  | { readonly page: 'queue'; readonly queue: string }
  | { readonly page: 'dead'; readonly queue: string };

export const QUEUES = '#/';
export const WORKERS = '#/workers';
export const linkToQueue = (queue: string): string => `#/queue?${nameOf(queue)}`;
export const linkToDead = (queue: string): string => `#/dead?${nameOf(queue)}`;

/** `encodeURIComponent` throws for half a surrogate pair, which a name from Redis may have. */
const nameOf = (queue: string): string => new URLSearchParams({ name: queue }).toString();

/** Follows the address. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = (): void => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return routeOf(hash);
}

function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.slice(1).split('?', 2);
  const queue = new URLSearchParams(query).get('name');
  if (path === '/workers') {
    return { page: 'workers' };
  }
  // No queue has an empty name.
  if (queue && (path === '/queue' || path === '/dead')) {
    return { page: path === '/queue' ? 'queue' : 'dead', queue };
  }
  return { page: 'queues' };
}
