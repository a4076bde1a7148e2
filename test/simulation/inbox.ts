import { isRefusal, meaningOfRefusal } from '../../lib/driver/refusal.js';
import type { ProcessRuntime } from './process-runtime.js';
import type { SimulatedServer } from './server.js';

/** An answer on its way. */
interface Answer {
  /** What it refuses, if it does. */
  readonly refusal: Error | undefined;
  arrive(): void;
  lose(): void;
}

/** The answers on one line that have not arrived yet. */
export class Inbox {
  private coming: Answer[] = [];
  private losses = 0;

  /** @param onWrongServer - is called with the first refusal that says so, which arrives after that. */
  constructor(
    private readonly process: ProcessRuntime,
    private readonly server: SimulatedServer,
    private readonly onWrongServer: (refusal: Error) => void,
  ) {}

  /**
   * Delays an answer. Answers arrive in their order; the loss of the line is known at once.
   * @param onAnswered - is called when the answer is on its way.
   */
  later<Output>(answer: Promise<Output>, onAnswered: (output: unknown) => void): Promise<Output> {
    const { losses } = this;
    return new Promise((resolve, reject) => {
      const onWay = (arrive: () => void, output: unknown, refusal?: Error): void => {
        if (losses !== this.losses) {
          arrive(); // the server answered before the line was lost
          return;
        }
        this.coming.push({
          refusal,
          arrive,
          lose: () => reject(new Error('The line was lost before the answer had arrived')),
        });
        this.schedule();
        onAnswered(output);
      };
      answer.then(
        (output) => onWay(() => resolve(output), output),
        (error: unknown) =>
          isRefusal(error) ? onWay(() => reject(error), error, error) : reject(error),
      );
    });
  }

  lose(): void {
    this.losses++;
    this.coming.splice(0).forEach(({ lose }) => lose());
  }

  private schedule(): void {
    const arrive = (): void => this.arrive(this.coming.shift());
    const ms = this.server.way();
    if (ms === 0) {
      this.process.setImmediate(arrive);
    } else {
      this.process.setTimeout(arrive, ms);
    }
  }

  private arrive(answer: Answer | undefined): void {
    const { refusal } = answer ?? {};
    if (refusal && meaningOfRefusal(refusal) === 'wrong server') {
      // The process closes the line. The answers behind may have come in the same packet.
      const others = this.server.arriveTogether() ? this.coming.splice(0) : [];
      this.onWrongServer(refusal);
      [answer, ...others].forEach((each) => each?.arrive());
    } else {
      answer?.arrive();
    }
  }
}
