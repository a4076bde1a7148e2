import { Transform, type TransformCallback } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** Bytes that pass in one piece over a link that is not the fastest. */
const PIECE = 4_096;

/** Whatever comes to it waits while it is shut. */
export class Gate {
  private opened: PromiseWithResolvers | undefined;

  get isOpen(): boolean {
    return this.opened === undefined;
  }

  shut(): void {
    this.opened ??= withResolvers();
  }

  open(): void {
    this.opened?.resolve();
    this.opened = undefined;
  }

  /** Resolves when it is open. */
  async passed(): Promise<void> {
    while (this.opened) {
      await this.opened.promise;
    }
  }
}

/** What a network between two ends is like. It may change at any time, and holds for all connections together. */
export class Link {
  /** Each way. */
  bytesPerSecond = Infinity;
  /** How long each byte is under way, ms. */
  latency = 0;
  /** Nothing passes while it is shut, and nobody is told. */
  readonly gate = new Gate();
}

/** One direction of a link, which its connections share. */
export class Lane {
  private freeAt = 0;

  constructor(readonly link: Link) {}

  /** Resolves when so many bytes have passed. */
  async carry(bytes: number): Promise<void> {
    const now = performance.now();
    this.freeAt = Math.max(now, this.freeAt) + (bytes * 1_000) / this.link.bytesPerSecond;
    if (this.freeAt - now >= 1) {
      await delay(this.freeAt - now);
    }
  }
}

/** One direction of one connection. */
export class Flow extends Transform {
  /** How many pieces are under way. */
  private underWay = 0;
  /** Resolves when the last of them has arrived. */
  private delivered: Promise<void> = Promise.resolve();

  /** @param gate - of this connection alone. */
  constructor(
    private readonly lane: Lane,
    private readonly gate: Gate,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    if (this.isFree) {
      this.push(chunk);
      done();
    } else {
      void this.pass(chunk, done);
    }
  }

  override _flush(done: TransformCallback): void {
    void this.finish(done);
  }

  /** Whether what comes leaves at once. */
  private get isFree(): boolean {
    const { link } = this.lane;
    return (
      this.gate.isOpen &&
      link.gate.isOpen &&
      link.bytesPerSecond === Infinity &&
      link.latency === 0 &&
      this.underWay === 0
    );
  }

  private async pass(chunk: Buffer, done: TransformCallback): Promise<void> {
    for (let start = 0; start < chunk.length; start += PIECE) {
      const piece = chunk.subarray(start, start + PIECE);
      await this.gatesPassed();
      await this.lane.carry(piece.length);
      this.deliver(piece);
    }
    done();
  }

  private async finish(done: TransformCallback): Promise<void> {
    await this.gatesPassed();
    await this.delivered;
    done();
  }

  private async gatesPassed(): Promise<void> {
    await this.gate.passed();
    await this.lane.link.gate.passed();
  }

  /** Pieces arrive in order, also where the latency changes between them. */
  private deliver(piece: Buffer): void {
    const before = this.delivered;
    this.underWay++;
    this.delivered = delay(this.lane.link.latency).then(async () => {
      await before;
      this.underWay--;
      if (!this.destroyed) {
        this.push(piece);
      }
    });
  }
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers(): PromiseWithResolvers {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
