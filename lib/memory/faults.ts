import { ReplyError } from './reply-error.js';

/** What a test lets go wrong on a server. Operations are known by their names. */
export class Faults {
  /** How long an operation is on its way to the server, ms. */
  delay = 0;
  private readonly refusals = new Map<string, string>();
  private readonly losses = new Map<string, number>();

  /** @param message - as Redis words it: `OOM ...`. @returns how to end it. */
  refuse(operation: string, message: string): () => void {
    this.refusals.set(operation, message);
    return () => {
      if (this.refusals.get(operation) === message) {
        this.refusals.delete(operation);
      }
    };
  }

  /** The next operation of that name is carried out, and the line is lost with the answer. */
  loseAnswer(operation: string): void {
    this.losses.set(operation, (this.losses.get(operation) ?? 0) + 1);
  }

  /** @throws ReplyError where the operation is refused. */
  check(operation: string): void {
    const message = this.refusals.get(operation);
    if (message !== undefined) {
      throw new ReplyError(message);
    }
  }

  /** Whether the answer that is about to be given is lost; that it is, is true once. */
  takesAnswer(operation: string): boolean {
    const left = this.losses.get(operation) ?? 0;
    if (left > 0) {
      this.losses.set(operation, left - 1);
    }
    return left > 0;
  }
}
