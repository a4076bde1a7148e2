import type { ServerResponse } from 'node:http';
import { setHead } from './send.js';

/** The time after which a page connects again when its stream ends, ms. */
const RETRY_MS = 2_000;

/** The longest time that a page may not read before its stream ends, ms. */
const MAX_STALL_MS = 60_000;

/** The longest time of a stream, ms. The page connects again then, and whatever asks for a login in front sees its request. */
const MAX_STREAM_MS = 60_000;

/** The stream of one page: events of the server (SSE). */
export class EventReader {
  /** Since when the page does not read; `undefined` while it does. */
  private stalledSince: number | undefined;
  /** The newest events that wait for a page that does not read, by what they are about. */
  private readonly held = new Map<string, string>();
  private readonly start = performance.now();
  private whenGone: () => void = () => undefined;

  constructor(private readonly response: ServerResponse) {
    setHead(response, 200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // Compression in front would hold events back.
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
      // A server that closes has not to wait for the end of a connection without requests.
      Connection: 'close',
    });
    response.on('drain', () => this.sendHeld());
    // A connection that breaks is closed, too.
    response.on('error', () => undefined);
    response.flushHeaders();
    response.write(`retry: ${RETRY_MS}\n\n`);
  }

  /**
   * Whether nobody reads what is sent. A page may leave before its stream begins, such as while a guard thinks: Node tells of that only once.
   * Over HTTP/2 the answer has ended then.
   */
  get isGone(): boolean {
    return this.response.destroyed || this.response.writableEnded;
  }

  /** Calls back when the page is gone, or its stream was ended. */
  onGone(callback: () => void): void {
    this.whenGone = callback;
    this.response.once('close', callback);
  }

  /**
   * Sends an event; to a page that has not read what was sent before, as soon as it reads.
   * @param about - only the newest event about it is sent then.
   */
  send(about: string, block: string): void {
    if (this.isGone) {
      return;
    }
    const now = performance.now();
    if (this.stalledSince === undefined) {
      const isFull = !this.response.write(block);
      this.stalledSince = isFull ? now : undefined;
    } else if (now - this.stalledSince > MAX_STALL_MS) {
      this.response.destroy();
      this.whenGone();
    } else {
      this.held.set(about, block);
    }
    if (now - this.start > MAX_STREAM_MS && this.stalledSince === undefined) {
      this.end();
    }
  }

  end(): void {
    this.response.end();
    // Node does not tell where another answer of the connection, in front of this one, has not ended.
    this.whenGone();
  }

  private sendHeld(): void {
    this.stalledSince = undefined;
    const held = [...this.held];
    this.held.clear();
    held.forEach(([about, block]) => this.send(about, block));
  }
}

/** @returns an event as the stream has it. JSON has no line breaks. */
export const eventOf = (name: string, data: object): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
