import { followingRuntime } from './following-runtime.js';
import { MemoryDriver } from './memory-driver.js';
import { MemoryServer } from './memory-server.js';

const MEMORY_URL = /^memory:\/\/[\w.-]*$/i;

/** URL without a name, whose server is not shared. */
const PRIVATE_URL = 'memory://';

/** @returns the URL if a `connection` option is one of `memory://`; else `undefined`. */
export function memoryUrlOf(connection: unknown): string | undefined {
  const text = isUrl(connection) ? connection.href : connection;
  return typeof text === 'string' && MEMORY_URL.test(text) ? text.toLowerCase() : undefined;
}

/** Compares the tag, because a test runner may have another `URL` class. */
const isUrl = (value: unknown): value is URL =>
  Object.prototype.toString.call(value) === '[object URL]';

/** Shared servers of this process by URL, with the number of their users. A server is removed with its last user. */
const shared = new Map<string, { readonly server: MemoryServer; users: number }>();

/** Connects one module instance to a server in this process: `memory://` is private, `memory://name` is shared by name. */
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
