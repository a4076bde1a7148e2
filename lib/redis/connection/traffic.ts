import type { Socket } from 'node:net';

/** What has come and gone on a socket at a moment. */
export interface Traffic {
  readonly socket: object | undefined;
  /** Bytes that came. */
  readonly read: number;
  /** Bytes that left this process. */
  readonly sent: number;
  /** Bytes that have not left it yet, and those of them that the operating system was handed. */
  readonly backlog: number;
  readonly handedOver: number;
}

/** What libuv says of a socket; Node's own timeouts read it, too. */
interface Handle {
  readonly writeQueueSize?: number;
}

/** @param socket - there is none before a connection was tried. */
export function trafficOn(socket: Socket | undefined): Traffic {
  if (!socket) {
    return { socket, read: 0, sent: 0, backlog: 0, handedOver: 0 };
  }
  const handle: Handle | null | undefined = Reflect.get(socket, '_handle');
  return {
    socket,
    read: socket.bytesRead,
    sent: socket.bytesWritten - socket.writableLength,
    backlog: socket.writableLength,
    handedOver: handle?.writeQueueSize ?? 0,
  };
}

/**
 * Whether the other end is there: it has sent something since then, or taken some of what waited for it. (What leaves
 * without a wait says nothing: the operating system takes it for a connection that is dead.)
 */
export const isAlive = (then: Traffic, now: Traffic): boolean =>
  now.socket !== then.socket ||
  now.read !== then.read ||
  (then.backlog > 0 && (now.sent > then.sent || now.handedOver < then.handedOver));
