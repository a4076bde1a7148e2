import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { commandReader } from './command-reader.js';

/** Starts something that answers as a Sentinel, for one test. @returns its port. */
export async function stubSentinel(primary: {
  readonly host: string;
  readonly port: number;
}): Promise<number> {
  const bulk = (text: string | number): string => `$${String(text).length}\r\n${text}\r\n`;
  const address = `*2\r\n${bulk(primary.host)}${bulk(primary.port)}`;
  const subscribed = `*3\r\n${bulk('subscribe')}${bulk('+switch-master')}:1\r\n`;
  const server = createServer((socket) => {
    const read = commandReader();
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      for (const { words } of read(data)) {
        const name = words[0]?.toLowerCase();
        socket.write(
          name === 'sentinel'
            ? address
            : name === 'subscribe'
              ? subscribed
              : `-ERR unknown command '${words[0]}'\r\n`,
        );
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
