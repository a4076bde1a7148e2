import type { Socket } from 'node:net';

/** Byte counts of a socket at one moment. */
export interface Traffic {
  readonly socket: object | undefined;
  /** Bytes received. */
  readonly bytesRead: number;
  /** Bytes that left this process. */
  readonly bytesSent: number;
  /** Bytes that have not left this process yet. */
  readonly bytesWaiting: number;
  /** Part of {@link bytesWaiting} that the operating system was given. */
  readonly bytesInSystem: number;
}

/** The libuv handle of a socket; Node's own timeouts read it, too. */
interface Handle {
  readonly writeQueueSize?: number;
}

/** @param socket - `undefined` before the first attempt to connect. */
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
 * Tells whether the other end is alive: it has sent bytes since then, or accepted some of the waiting bytes. (Bytes that were sent
 * without waiting prove nothing: the operating system accepts them even for a dead connection.)
 */
export const isPeerAlive = (then: Traffic, now: Traffic): boolean =>
  now.socket !== then.socket ||
  now.bytesRead !== then.bytesRead ||
  (then.bytesWaiting > 0 &&
    (now.bytesSent > then.bytesSent || now.bytesInSystem < then.bytesInSystem));
