import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Flow, Gate, Lane, Link } from '../support/link.js';

/** One connection through the proxy. */
class Pair {
  private readonly gate = new Gate();
  private readonly up: Flow;
  private readonly down: Flow;
  private stalledUntil = 0;

  constructor(
    readonly near: Socket,
    readonly far: Socket,
    up: Lane,
    down: Lane,
  ) {
    this.up = new Flow(up, this.gate);
    this.down = new Flow(down, this.gate);
    near.pipe(this.up).pipe(far);
    far.pipe(this.down).pipe(near);
    near.on('close', this.nearClosed);
    far.on('close', this.farClosed);
  }

  cut(): void {
    for (const stream of [this.near, this.far, this.up, this.down]) {
      stream.destroy();
    }
  }

  halfClose(): void {
    this.near.off('close', this.nearClosed);
    this.near.unpipe(this.up);
    this.near.destroy();
    setTimeout(() => this.cut(), 1_000).unref();
  }

  swallow(): void {
    this.far.unpipe(this.down);
    this.far.once('data', () => this.cut());
  }

  stall(duration: number): void {
    this.stalledUntil = Math.max(this.stalledUntil, performance.now() + duration);
    this.gate.shut();
    setTimeout(() => {
      if (performance.now() >= this.stalledUntil) {
        this.gate.open();
      }
    }, duration + 1).unref();
  }

  /** What it said before is on its way, and the other end learns of its close behind that. */
  private readonly nearClosed = (): void => {
    this.up.end();
    this.far.unpipe(this.down);
    this.far.resume();
  };

  private readonly farClosed = (): void => {
    this.down.end();
    this.near.unpipe(this.up);
    this.near.resume();
  };
}

/**
 * A TCP proxy in front of a server. It can cut, half-close and stall the connections through it, swallow what comes back, be
 * slow ({@link link}), go silent, and refuse connections.
 */
export class Proxy {
  /** What the network behind it is like, for all connections together. */
  readonly link = new Link();
  private readonly up = new Lane(this.link);
  private readonly down = new Lane(this.link);
  private readonly pairs = new Set<Pair>();

  private constructor(
    private readonly server: Server,
    private readonly ownPort: number,
    /** Where new connections go. */
    public port: number,
  ) {}

  static async before(port: number): Promise<Proxy> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new Proxy(server, (server.address() as AddressInfo).port, port);
    server.on('connection', (near) => proxy.join(near));
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.ownPort}`;
  }

  /** Both ends see the connection break. */
  cut(chosen: () => boolean): void {
    for (const pair of [...this.pairs].filter(chosen)) {
      pair.cut();
    }
  }

  /** The near end sees the connection break; the far end learns of it a second later. */
  halfClose(chosen: () => boolean): void {
    for (const pair of [...this.pairs].filter(chosen)) {
      pair.halfClose();
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

  /** Nothing passes any more, on new connections neither, and nobody is told. */
  silence(): void {
    this.link.gate.shut();
  }

  /** All that was said since {@link silence} arrives. */
  speak(): void {
    this.link.gate.open();
  }

  /** All connections break, and new ones are refused. */
  refuse(): void {
    this.server.close();
    this.cut(() => true);
  }

  /** Takes connections again after {@link refuse}. */
  async accept(): Promise<void> {
    this.server.listen(this.ownPort, '127.0.0.1');
    await once(this.server, 'listening');
  }

  close(): void {
    this.server.close();
    this.cut(() => true);
  }

  private join(near: Socket): void {
    const far = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true });
    const pair = new Pair(near, far, this.up, this.down);
    this.pairs.add(pair);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (near.destroyed && far.destroyed) {
          this.pairs.delete(pair);
        }
      });
    }
  }
}
