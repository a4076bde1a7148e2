import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports below those that the system gives to outgoing connections, one of which might else take it while a server is away. */
const PORTS = [20_000, 32_000] as const;

/** Ports of nodes of a Cluster: neither they nor those of its bus are among {@link PORTS}. */
const NODE_PORTS = [7_000, 9_999] as const;

/** Distance from the port of a node to that of its bus, through which nodes talk to each other. */
const BUS_DISTANCE = 10_000;

const nextPort = counter(PORTS);
const nextNodePort = counter(NODE_PORTS);

/** @returns a port that nobody listens on, and that a server can take again after it was away. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort();
    if (await isFree(port)) {
      return port;
    }
  }
}

/** @returns a port such as {@link freePort}, for a node of a Cluster: that of its bus is free, too. */
export async function freeNodePort(): Promise<number> {
  for (;;) {
    const port = nextNodePort();
    if ((await isFree(port)) && (await isFree(port + BUS_DISTANCE))) {
      return port;
    }
  }
}

/** Processes that run at the same time, whose numbers are close together, begin far from each other. */
function counter([first, last]: readonly [number, number]): () => number {
  let next = first + ((process.pid * 131) % (last - first));
  return () => {
    const port = next;
    next = next < last ? next + 1 : first;
    return port;
  };
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
