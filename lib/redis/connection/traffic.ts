import type { Socket } from 'node:net';

/** What has come and gone on a socket at a moment. */
export interface Traffic {
  readonly socket: object | undefined;
  /** Bytes that came. */
  readonly bytesRead: number;
  /** Bytes that left this process. */
  readonly bytesSent: number;
  /** Bytes that have not left it yet, and those of them that the operating system was handed. */
  readonly bytesWaiting: number;
  readonly bytesInSystem: number;
}

/** What libuv says of a socket; Node's own timeouts read it, too. */
interface Handle {
  readonly writeQueueSize?: number;
}

/** @param socket - there is none before a connection was tried. */
export function trafficOn(socket: Socket | undefined): Traffic {
  if (!socket) {
    return { socket, bytesRead: 0, bytesSent: 0, bytesWaiting: 0, bytesInSystem: 0 };
  }
  const handle: Handle | null | undefined = Reflect.get(socket, '_handle');
  return {
    socket,
    bytesRead: socket.bytesRead,
    bytesSent: socket.bytesWritten - socket.writableLength,
    bytesWaiting: socket.writableLength,
    bytesInSystem: handle?.writeQueueSize ?? 0,
  };
}

/**
 * Whether the other end is there: it has sent something since then, or taken some of what waited for it. (What leaves
 * without a wait says nothing: the operating system takes it for a connection that is dead.)
 */
export const isPeerAlive = (then: Traffic, now: Traffic): boolean =>
  now.socket !== then.socket ||
  now.bytesRead !== then.bytesRead ||
  (then.bytesWaiting > 0 &&
    (now.bytesSent > then.bytesSent || now.bytesInSystem < then.bytesInSystem));
