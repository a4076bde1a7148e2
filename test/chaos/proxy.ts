import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One connection through the proxy. */
class Pair {
  private stalledUntil = 0;

  constructor(
    readonly near: Socket,
    readonly far: Socket,
  ) {
    this.join();
  }

  join(): void {
    this.near.pipe(this.far);
    this.far.pipe(this.near);
  }

  part(): void {
    this.near.unpipe(this.far);
    this.far.unpipe(this.near);
    this.near.pause();
    this.far.pause();
  }

  swallow(): void {
    this.far.unpipe(this.near);
    this.far.once('data', () => {
      this.near.destroy();
      this.far.destroy();
    });
  }

  stall(duration: number): void {
    const isStalled = this.stalledUntil > performance.now();
    this.stalledUntil = Math.max(this.stalledUntil, performance.now() + duration);
    if (!isStalled) {
      this.part();
      this.joinLater();
    }
  }

  private joinLater(): void {
    const left = this.stalledUntil - performance.now();
    if (left > 0) {
      setTimeout(() => this.joinLater(), left).unref();
    } else {
      this.join();
    }
  }
}

/** A TCP proxy in front of a server that can cut, half-close and stall the connections through it, and swallow what comes back. */
export class Proxy {
  private readonly pairs = new Set<Pair>();

  private constructor(
    private readonly server: Server,
    /** Where new connections go. */
    public port: number,
  ) {}

  static async before(port: number): Promise<Proxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new Proxy(server, port);
    server.on('connection', (near) => proxy.join(near));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Both ends see the connection break. */
  cut(chosen: () => boolean): void {
    for (const { near, far } of [...this.pairs].filter(chosen)) {
      near.destroy();
      far.destroy();
    }
  }

  /** The near end sees the connection break; the far end learns of it a second later. */
  halfClose(chosen: () => boolean): void {
    for (const { near, far } of [...this.pairs].filter(chosen)) {
      near.unpipe(far);
      near.destroy();
      setTimeout(() => far.destroy(), 1_000).unref();
    }
  }

  /** Both ends see the connection break, after the server has carried out what its next answer is about. */
  swallow(chosen: () => boolean): void {
    for (const pair of [...this.pairs].filter(chosen)) {
      pair.swallow();
    }
  }

  /** Nothing passes for a while, in both directions; then everything does. */
  stall(chosen: () => boolean, duration: number): void {
    for (const pair of [...this.pairs].filter(chosen)) {
      pair.stall(duration);
    }
  }

  close(): void {
    this.server.close();
    this.cut(() => true);
  }

  private join(near: Socket): void {
    const far = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true });
    const pair = new Pair(near, far);
    this.pairs.add(pair);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
      });
    }
    far.on('close', () => near.destroy());
  }
}
