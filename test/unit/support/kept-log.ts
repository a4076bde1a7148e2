import { Log, type LogSink, type LogTimers } from '../../../lib/telemetry/log.js';

/** A log that keeps what it is told. */
export class KeptLog extends Log {
  readonly infos: string[] = [];
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  readonly stacks: (string | undefined)[] = [];

  constructor(timers?: LogTimers) {
    const sink: LogSink = {
      info: (text) => this.infos.push(text),
      warn: (text) => this.warnings.push(text),
      error: (text, stack) => {
        this.errors.push(text);
        this.stacks.push(stack);
      },
    };
    super(sink, timers);
  }
}
