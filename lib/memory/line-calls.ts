import type { Runtime } from '../driver/runtime.js';
import type { LineIdentity } from '../protocol/wire/line-identity.js';
import type { MemoryServer } from './memory-server.js';
import { attempt } from './reply-error.js';
import type { WaitResult } from './waiters.js';

/** @returns the output, unless the operation blocks the line until `onEnd` is called. @throws ReplyError the refusal. */
export type Execute = (identity: LineIdentity, onEnd: (served: WaitResult) => void) => unknown;

/** A call to the server. */
interface Call {
  readonly name: string;
  readonly blocks: boolean;
  readonly execute: Execute;
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/** Calls of one line. They run in order, one turn of the event loop later, and wait for a blocking one before them. */
export class LineCalls {
  private waiting: Call[] = [];
  /** The call that currently blocks the later ones. */
  private blocking: Call | undefined;
  private isScheduled = false;

  /** @param identity - returns the identity of the line; `undefined` while it is not connected. */
  constructor(
    private readonly server: MemoryServer,
    private readonly runtime: Runtime,
    private readonly name: string,
    private readonly identity: () => LineIdentity | undefined,
  ) {}

  /** Rejects all calls, because the line was lost. */
  fail(): void {
    const calls = [...(this.blocking ? [this.blocking] : []), ...this.waiting];
    this.blocking = undefined;
    this.waiting = [];
    calls.forEach(({ reject }) => reject(new Error(`Connection "${this.name}" was lost`)));
  }

  /**
   * Runs the waiting calls before the client closes the line, as Redis would; their answers are lost. They run immediately: after
   * the application has closed, a test may be over, and Jest may remove its globals.
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
    // The operation of another line, which has ended the wait, is not over yet.
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
