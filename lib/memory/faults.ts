import type { Runtime } from '../driver/runtime.js';
import { ReplyError } from './reply-error.js';

/** What a test lets go wrong on a server. Operations are known by their names. */
export class Faults {
  /** How long an operation is on its way to the server, ms. */
  delayMs = 0;
  private readonly refusals = new Map<string, string>();
  private losses: (readonly string[])[] = [];
  /** Lets each operation arrive that is on its way. */
  private readonly arrivals = new Set<() => void>();

  /** Does the work of an operation once that has been on its way. */
  deliver(runtime: Runtime, work: () => void): void {
    if (this.delayMs === 0) {
      runtime.setImmediate(work);
      return;
    }
    const arrive = (): void => {
      runtime.clear(timer);
      this.arrivals.delete(arrive);
      work();
    };
    const timer = runtime.setTimeout(arrive, this.delayMs).unref();
    this.arrivals.add(arrive);
  }

  /** Nothing goes wrong any more, and what is on its way arrives. */
  clear(): void {
    this.delayMs = 0;
    this.refusals.clear();
    this.losses = [];
    [...this.arrivals].forEach((arrive) => arrive());
  }

  /** @param message - as Redis words it: `OOM ...`. @returns how to end it. */
  refuse(operation: string, message: string): () => void {
    this.refusals.set(operation, message);
    return () => {
      if (this.refusals.get(operation) === message) {
        this.refusals.delete(operation);
      }
    };
  }

  /** The next operation of one of these names is carried out, and the line is lost with the answer. */
  loseAnswer(operations: readonly string[]): void {
    this.losses.push(operations);
  }

  /** @throws ReplyError where the operation is refused. */
  check(operation: string): void {
    const message = this.refusals.get(operation);
    if (message !== undefined) {
      throw new ReplyError(message);
    }
  }

  /** Whether the answer that is about to be given is lost; that it is, is true once. */
  losesAnswer(operation: string): boolean {
    const found = this.losses.find((operations) => operations.includes(operation));
    this.losses = this.losses.filter((loss) => loss !== found);
    return found !== undefined;
  }
}
