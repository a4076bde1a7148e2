import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';

/** Something before a server, for one test, that speaks TLS and passes on what it hears. */
export interface TlsFront {
  readonly port: number;
  /** The names by which clients have asked for it (SNI); `false` for a client that named none. */
  readonly names: readonly (string | false)[];
}

export async function tlsFrontOf(
  serverPort: number,
  files: { readonly cert: string; readonly key: string },
): Promise<TlsFront> {
  const names: (string | false)[] = [];
  const sockets = new Set<TLSSocket>();
  const options = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  const front = createServer(options, (near) => {
    sockets.add(near);
    names.push((near as TLSSocket & { servername?: string | false }).servername ?? false);
    const far = connect(serverPort, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  });
  front.on('tlsClientError', () => undefined);
  await once(front.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    front.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return { port: (front.address() as AddressInfo).port, names };
}
