import { ReplyError } from './reply-error.js';

/** What a test lets go wrong on a server. Operations are known by their names. */
export class Faults {
  /** How long an operation is on its way to the server, ms. */
  delay = 0;
  private readonly refusals = new Map<string, string>();
  private losses: (readonly string[])[] = [];

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
  takesAnswer(operation: string): boolean {
    const found = this.losses.find((operations) => operations.includes(operation));
    this.losses = this.losses.filter((loss) => loss !== found);
    return found !== undefined;
  }
}
