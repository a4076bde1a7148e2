import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { commandReader } from './command-reader.js';

/** Something that answers as a Sentinel. */
export interface StubSentinel {
  readonly port: number;
  /** How many connections listen to it. */
  readonly listeners: number;
  /** Tells those that listen of a failover: `NAME OLD-HOST OLD-PORT NEW-HOST NEW-PORT`. */
  tell(failover: string): void;
  stop(): Promise<void>;
  /** Starts it on its port after {@link stop}. */
  start(): Promise<void>;
}

const bulk = (text: string | number): string => `$${String(text).length}\r\n${text}\r\n`;

/** Starts a Sentinel for one test, which names a primary. */
export async function stubSentinel(primary: {
  readonly host: string;
  readonly port: number;
}): Promise<StubSentinel> {
  const listening = new Set<Socket>();
  const sockets = new Set<Socket>();
  let server: Server;
  const answer = (socket: Socket, name = ''): string => {
    switch (name.toLowerCase()) {
      case 'sentinel':
        return `*2\r\n${bulk(primary.host)}${bulk(primary.port)}`;
      case 'subscribe':
        listening.add(socket);
        return `*3\r\n${bulk('subscribe')}${bulk('+switch-master')}:1\r\n`;
      default:
        return `-ERR unknown command '${name}'\r\n`;
    }
  };
  const sentinel = {
    port: 0,
    get listeners() {
      return listening.size;
    },
    tell: (failover: string) => {
      const message = `*3\r\n${bulk('message')}${bulk('+switch-master')}${bulk(failover)}`;
      listening.forEach((socket) => socket.write(message));
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
    start: async () => {
      server = createServer((socket) => {
        const read = commandReader();
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          listening.delete(socket);
          sockets.delete(socket);
        });
        socket.on('data', (data) => {
          read(data).forEach(({ words }) => socket.write(answer(socket, words[0])));
        });
      });
      await once(server.listen(sentinel.port, '127.0.0.1'), 'listening');
      sentinel.port = (server.address() as AddressInfo).port;
    },
  };
  await sentinel.start();
  onTestFinished(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return sentinel;
}
