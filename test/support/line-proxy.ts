import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a proxy does to what passes through one connection. */
export interface LineRules {
  /** How long a connection may be idle before the proxy forgets it without a word, ms. */
  readonly forgetsAfter?: number;
  /** What becomes of what the server says. */
  readonly rewrite?: (answer: Buffer) => Buffer;
  /** Whether what a client says is passed on. */
  readonly passes?: (command: Buffer) => boolean;
}

/** A proxy before a server for one test. */
export interface LineProxy {
  readonly url: string;
  /** Connections that it has forgotten. */
  readonly forgotten: number;
  /** Where new connections go. */
  port: number;
}

export async function proxyBefore(port: number, rules: LineRules = {}): Promise<LineProxy> {
  const sockets = new Set<Socket>();
  const proxy = { url: '', forgotten: 0, port };
  const server = createServer((near) => {
    const far = connect(proxy.port, '127.0.0.1');
    let isForgotten = false;
    let idle: NodeJS.Timeout | undefined;
    const touched = (): void => {
      clearTimeout(idle);
      if (rules.forgetsAfter !== undefined) {
        idle = setTimeout(() => {
          isForgotten = true;
          proxy.forgotten++;
        }, rules.forgetsAfter).unref();
      }
    };
    touched();
    near.on('data', (data) => {
      if (!isForgotten && (rules.passes?.(data) ?? true)) {
        touched();
        far.write(data);
      }
    });
    far.on('data', (data) => {
      if (!isForgotten) {
        touched();
        near.write(rules.rewrite?.(data) ?? data);
      }
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  proxy.url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
