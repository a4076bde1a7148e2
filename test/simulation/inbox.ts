import { isRefusal } from '../../lib/driver/refusal.js';
import type { ProcessRuntime } from './process-runtime.js';
import type { SimulatedServer } from './server.js';

/** The answers on one line that have not arrived yet. */
export class Inbox {
  private coming: { arrive(): void; lose(): void }[] = [];
  private losses = 0;

  constructor(
    private readonly process: ProcessRuntime,
    private readonly server: SimulatedServer,
  ) {}

  /**
   * Delays an answer. Answers arrive in their order; the loss of the line is known at once.
   * @param onAnswered - is called when the answer is on its way.
   */
  later<Output>(answer: Promise<Output>, onAnswered: (output: unknown) => void): Promise<Output> {
    const { losses } = this;
    return new Promise((resolve, reject) => {
      const onWay = (arrive: () => void, output: unknown): void => {
        if (losses !== this.losses) {
          arrive(); // the server answered before the line was lost
          return;
        }
        this.coming.push({
          arrive,
          lose: () => reject(new Error('The line was lost before the answer had arrived')),
        });
        this.schedule();
        onAnswered(output);
      };
      answer.then(
        (output) => onWay(() => resolve(output), output),
        (error: unknown) => (isRefusal(error) ? onWay(() => reject(error), error) : reject(error)),
      );
    });
  }

  lose(): void {
    this.losses++;
    this.coming.splice(0).forEach(({ lose }) => lose());
  }

  private schedule(): void {
    const arrive = (): void => this.coming.shift()?.arrive();
    const ms = this.server.way();
    if (ms === 0) {
      this.process.setImmediate(arrive);
    } else {
      this.process.setTimeout(arrive, ms);
    }
  }
}
