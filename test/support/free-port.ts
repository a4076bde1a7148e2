import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports below those that the system gives to outgoing connections, one of which might else take it while a server is away. */
const [FIRST, LAST] = [20_000, 32_000];

/** Processes that run at the same time, whose numbers are close together, begin far from each other. */
let next = FIRST + ((process.pid * 131) % (LAST - FIRST));

/** @returns a port that nobody listens on, and that a server can take again after it was away. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next;
    next = next < LAST ? next + 1 : FIRST;
    if (await isFree(port)) {
      return port;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
