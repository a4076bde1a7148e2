import { followingRuntime } from './following-runtime.js';
import { MemoryDriver } from './memory-driver.js';
import { MemoryServer } from './memory-server.js';

const MEMORY_URL = /^memory:\/\/[\w.-]*$/i;

/** The one without a name, which nobody shares. */
const PRIVATE_URL = 'memory://';

/** @returns the URL of a server in this process, where a `connection` is one; `undefined` where it is anything else. */
export function memoryUrlOf(connection: unknown): string | undefined {
  const text = isUrl(connection) ? connection.href : connection;
  return typeof text === 'string' && MEMORY_URL.test(text) ? text.toLowerCase() : undefined;
}

/** By kind, since that of a test runner may be another class than ours. */
const isUrl = (value: unknown): value is URL =>
  Object.prototype.toString.call(value) === '[object URL]';

/** Servers that applications of this process share, by URL, with how many use them: they last as long as somebody does. */
const shared = new Map<string, { readonly server: MemoryServer; users: number }>();

/** Connects one module instance to a server in this process: `memory://` has its own, `memory://name` is shared by that name. */
export function openMemory(url: string): MemoryDriver {
  if (url === PRIVATE_URL) {
    return new MemoryDriver(new MemoryServer(url, followingRuntime), followingRuntime);
  }
  const found = shared.get(url) ?? { server: new MemoryServer(url, followingRuntime), users: 0 };
  shared.set(url, found);
  found.users++;
  return new MemoryDriver(found.server, followingRuntime, () => {
    found.users--;
    if (found.users === 0) {
      shared.delete(url);
    }
  });
}
