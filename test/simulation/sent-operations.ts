import type { LineIdentity } from '../../lib/protocol/wire/line-identity.js';

/** An operation that was sent and is not answered yet. */
export interface Sent {
  readonly input: unknown;
  readonly isWait: boolean;
  carryOut(identity: LineIdentity): unknown;
}

/** The operations of one line that are not answered yet. */
export class SentOperations {
  private readonly sent = new Set<Sent>();

  /** Keeps an operation until it is answered or its line is lost. */
  add(sent: Sent, answer: Promise<unknown>): void {
    this.sent.add(sent);
    const forget = (): boolean => this.sent.delete(sent);
    answer.then(forget, forget);
  }

  /** @returns what may still arrive on a lost line. What was sent behind a blocking operation cannot run before its end. */
  arriving(hasArrived: (input: unknown) => boolean): Sent[] {
    const late = [...this.sent].filter(({ input }) => !hasArrived(input));
    const firstWait = late.findIndex(({ isWait }) => isWait);
    return firstWait < 0 ? late : late.slice(0, firstWait + 1);
  }
}
