import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Dashboard } from './dashboard.js';
import { pathOf } from './dashboard-call.js';
import { sendJson } from './send.js';

const LOCAL_ADDRESS = '127.0.0.1';

/** Names of this machine in the header `Host`. Any other name comes from a page that has made its own name lead here (DNS rebinding). */
const LOCAL_NAMES: readonly string[] = [LOCAL_ADDRESS, 'localhost', '[::1]'];

/** A dashboard that browsers of this machine alone can reach. */
export interface LocalServer {
  /** Where its page is. */
  readonly url: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Serves a dashboard on 127.0.0.1. @param port - `0` = any that is free. @throws the error of Node where the port cannot be had. */
export async function serveLocally(dashboard: Dashboard, port: number): Promise<LocalServer> {
  const server = createServer((request, response) => {
    const host = request.headers.host?.toLowerCase() ?? '';
    const own = portOf(server);
    if (!LOCAL_NAMES.some((name) => host === `${name}:${own}` || (own === 80 && host === name))) {
      const message = `Expected the header Host to name this machine: open http://${LOCAL_ADDRESS}:${own}/`;
      sendJson(response, 403, { message });
      return;
    }
    const url = request.url ?? '/';
    void dashboard.answer({ request, response, url, path: pathOf(url).replace(/^\//, '') });
  });
  server.listen(port, LOCAL_ADDRESS);
  await once(server, 'listening');
  return {
    url: `http://${LOCAL_ADDRESS}:${portOf(server)}/`,
    close: async () => {
      dashboard.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
