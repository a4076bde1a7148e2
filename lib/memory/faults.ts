import type { Runtime } from '../driver/runtime.js';
import { ReplyError } from './reply-error.js';

/** Faults that a test injects into a server. Operations are identified by their names. */
export class Faults {
  /** Time that an operation takes to reach the server. */
  delayMs = 0;
  private readonly refusals = new Map<string, string>();
  private losses: (readonly string[])[] = [];
  /** Callbacks that let the delayed operations arrive. */
  private readonly arrivals = new Set<() => void>();

  /** Runs an operation after the delay. */
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

  /** Removes all faults and lets the delayed operations arrive. */
  clear(): void {
    this.delayMs = 0;
    this.refusals.clear();
    this.losses = [];
    [...this.arrivals].forEach((arrive) => arrive());
  }

  /** @param message - the error of Redis, such as `OOM ...`. @returns a function that removes the fault. */
  refuse(operation: string, message: string): () => void {
    this.refusals.set(operation, message);
    return () => {
      if (this.refusals.get(operation) === message) {
        this.refusals.delete(operation);
      }
    };
  }

  /** Lets the next operation with one of these names run, and loses the line before its answer arrives. */
  loseAnswer(operations: readonly string[]): void {
    this.losses.push(operations);
  }

  /** @throws ReplyError if the operation is refused. */
  check(operation: string): void {
    const message = this.refusals.get(operation);
    if (message !== undefined) {
      throw new ReplyError(message);
    }
  }

  /** Whether the answer of an operation is lost; each loss counts once. */
  losesAnswer(operation: string): boolean {
    const found = this.losses.find((operations) => operations.includes(operation));
    this.losses = this.losses.filter((loss) => loss !== found);
    return found !== undefined;
  }
}
