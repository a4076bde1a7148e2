import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Listens for one test and does to each connection what the test says. @returns its port. */
export async function stubServer(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return (server.address() as AddressInfo).port;
}

/** Answers each command alike. */
export const answering =
  (answer: string) =>
  (socket: Socket): void => {
    socket.on('data', (data) => {
      socket.write(answer.repeat(String(data).split('*').length - 1));
    });
  };
