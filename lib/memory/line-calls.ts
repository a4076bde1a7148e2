import type { Runtime } from '../driver/runtime.js';
import type { LineIdentity } from '../protocol/wire/line-identity.js';
import type { MemoryServer } from './memory-server.js';
import { attempt } from './reply-error.js';
import type { WaitResult } from './waiters.js';

/** @returns what it came to, unless it blocks the line until it calls back. @throws ReplyError what it is refused with. */
type Execute = (identity: LineIdentity, onEnd: (served: WaitResult) => void) => unknown;

/** Something that was asked of the server. */
interface Call {
  readonly name: string;
  readonly blocks: boolean;
  readonly execute: Execute;
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/** What is asked on one line: it is carried out in order, a turn of the event loop later, and nothing passes what blocks. */
export class LineCalls {
  private waiting: Call[] = [];
  /** The call that blocks what came behind it. */
  private blocking: Call | undefined;
  private isScheduled = false;

  /** @param identity - of the line, while it is there. */
  constructor(
    private readonly server: MemoryServer,
    private readonly runtime: Runtime,
    private readonly name: string,
    private readonly identity: () => LineIdentity | undefined,
  ) {}

  /** The line was lost: nobody knows what came of what was asked. */
  fail(): void {
    const calls = [...(this.blocking ? [this.blocking] : []), ...this.waiting];
    this.blocking = undefined;
    this.waiting = [];
    calls.forEach(({ reject }) => reject(new Error(`Connection "${this.name}" was lost`)));
  }

  /**
   * The line is about to be closed at our end: what was asked before still arrives, but nobody hears of its answer. It does so at
   * once: behind the close of its application, a test may be over, and Jest about to take its globals down.
   */
  executeBeforeClose(): void {
    const identity = this.identity();
    const firstWait = this.waiting.findIndex(({ blocks }) => blocks);
    const left = this.waiting.slice(0, firstWait < 0 ? undefined : firstWait);
    if (identity && !this.blocking && left.length > 0) {
      left.forEach(({ execute }) => attempt(() => execute(identity, () => undefined)));
    }
  }

  send<Output>(name: string, blocks: boolean, execute: Execute): Promise<Output> {
    return new Promise<unknown>((resolve, reject) => {
      if (!this.identity()) {
        reject(new Error(`Connection "${this.name}" is not ready`));
        return;
      }
      this.waiting.push({ name, blocks, execute, resolve, reject });
      this.schedule();
    }) as Promise<Output>;
  }

  private schedule(): void {
    if (this.isScheduled || this.blocking) {
      return;
    }
    this.isScheduled = true;
    this.server.faults.deliver(this.runtime, () => {
      this.isScheduled = false;
      this.executeAll();
    });
  }

  private executeAll(): void {
    for (let identity = this.identity(); identity && !this.blocking; identity = this.identity()) {
      const call = this.waiting.shift();
      if (!call) {
        return;
      }
      this.executeCall(call, identity);
    }
  }

  private executeCall(call: Call, identity: LineIdentity): void {
    if (call.blocks) {
      this.blocking = call;
    }
    try {
      const output = call.execute(identity, (served) => this.waitEnded(call, served));
      if (!call.blocks) {
        this.answer(call, output);
      }
    } catch (error) {
      this.blocking = undefined;
      call.reject(error);
    }
  }

  private waitEnded(call: Call, served: WaitResult): void {
    this.blocking = undefined;
    if (served.isRefused) {
      call.reject(served.refusal);
    } else {
      this.answer(call, served.output);
    }
    // What serves it is the operation of another line, which is not over yet.
    this.runtime.nextTick(() => this.executeAll());
  }

  private answer(call: Call, output: unknown): void {
    const identity = this.identity();
    if (identity && this.server.faults.losesAnswer(call.name)) {
      call.reject(new Error(`Connection "${this.name}" was lost before its answer arrived`));
      this.server.cut(identity);
    } else {
      call.resolve(output);
    }
  }
}
