import { eventChannels, jobChannel, requestChannel } from './channels.js';
import type { CallMessage } from './call-message.js';
import { CallTrace } from './call-trace.js';
import type { ReqRepEvent } from './events.js';
import { inspected } from './inspected.js';
import type { JobMessage } from './job-message.js';
import { JobTrace } from './job-trace.js';
import type { Log } from './log.js';
import type { PlacelessEvent } from './placeless-event.js';
import type { ObservedInstance, Telemetry } from './telemetry.js';

/** What the hooks of an instance need. */
export interface HooksParts {
  /** The name of the instance. */
  readonly instance: string;
  readonly log: Log;
  readonly telemetry?: Telemetry | undefined;
  /** Returns the name of the server. */
  readonly server: () => string;
}

/** The channels on which somebody may listen to calls or jobs. */
type Channels = typeof requestChannel | typeof jobChannel;

const hasListeners = ({ start, end, asyncStart, asyncEnd, error }: Channels): boolean =>
  start.hasSubscribers ||
  asyncEnd.hasSubscribers ||
  error.hasSubscribers ||
  end.hasSubscribers ||
  asyncStart.hasSubscribers;

/**
 * Tells the listeners of one instance, its {@link Telemetry} and those of the diagnostics channels, what happens. Where nobody listens,
 * this costs the look at a few fields.
 */
export class Hooks {
  private readonly instance: string;
  private readonly log: Log;
  private readonly telemetry: Telemetry | undefined;
  private readonly readServer: () => string;
  private knownServer: string | undefined;

  constructor({ instance, log, telemetry, server }: HooksParts) {
    this.instance = instance;
    this.log = log;
    this.telemetry = telemetry;
    this.readServer = server;
  }

  /** The name of the server; `''` where no connection can be made to tell it. */
  private get server(): string {
    try {
      this.knownServer ??= this.readServer();
    } catch {
      // The connections were closed before there was any.
    }
    return this.knownServer ?? '';
  }

  /** Whether somebody listens to calls. */
  get areCallsHeard(): boolean {
    return this.telemetry?.callBegins !== undefined || hasListeners(requestChannel);
  }

  /** Tells that a call begins. @returns what is told its end. */
  callBegins(call: Pick<CallMessage, 'kind' | 'queue' | 'id' | 'headers'>): CallTrace {
    // Field by field: to spread them would be half of what a call costs here.
    const message: CallMessage = {
      kind: call.kind,
      instance: this.instance,
      server: this.server,
      queue: call.queue,
      id: call.id,
      headers: call.headers,
      outcome: undefined,
      error: undefined,
      values: undefined,
    };
    requestChannel.start.publish(message);
    const onEnd = this.ask('callBegins', () => this.telemetry?.callBegins?.(message));
    requestChannel.end.publish(message);
    return new CallTrace(message, (ended) => {
      publishEnd(requestChannel, ended);
      this.ask('the end of a call', () => onEnd?.(ended));
    });
  }

  /** Whether somebody listens to jobs. */
  get areJobsHeard(): boolean {
    return this.telemetry?.jobBegins !== undefined || hasListeners(jobChannel);
  }

  /**
   * Runs a job, in the async context that listeners have made for it.
   * @param run - runs it at once, and tells its end to the trace later.
   * @throws what `run` throws.
   */
  jobBegins(
    job: Omit<JobMessage, 'instance' | 'server' | 'outcome' | 'error' | 'values'>,
    run: (trace: JobTrace) => void,
  ): void {
    const message: JobMessage = {
      kind: job.kind,
      instance: this.instance,
      server: this.server,
      queue: job.queue,
      handler: job.handler,
      id: job.id,
      headers: job.headers,
      attempt: job.attempt,
      waited: job.waited,
      outcome: undefined,
      error: undefined,
      values: undefined,
    };
    let onEnd: ((job: JobMessage) => void) | undefined;
    const trace = new JobTrace(message, (ended) => {
      publishEnd(jobChannel, ended);
      this.ask('the end of a job', () => onEnd?.(ended));
    });
    let hasRun = false;
    let failure: { readonly error: unknown } | undefined;
    const runOnce = (): void => {
      if (hasRun) {
        return;
      }
      hasRun = true;
      try {
        run(trace);
      } catch (error) {
        // It is not the listener that has thrown.
        failure = { error };
      }
    };
    jobChannel.start.runStores(message, () => {
      onEnd = this.ask('jobBegins', () => this.telemetry?.jobBegins?.(message, runOnce));
      // A listener that has thrown, or forgotten it, must not keep the job from running.
      runOnce();
    });
    jobChannel.end.publish(message);
    if (failure) {
      throw (failure as { readonly error: unknown }).error;
    }
  }

  /** Tells an event. */
  tell(event: PlacelessEvent): void {
    const channel = eventChannels[event.type];
    if (this.telemetry?.happened || channel.hasSubscribers) {
      const placed = { instance: this.instance, server: this.server, ...event } as ReqRepEvent;
      channel.publish(placed);
      this.ask('happened', () => this.telemetry?.happened?.(placed));
    }
  }

  /** Shows the instance to its telemetry. @returns what is to be called when the instance is closed. */
  opened(instance: ObservedInstance): () => void {
    const onClose = this.ask('opened', () => this.telemetry?.opened?.(instance));
    return () => this.ask('the end of an instance', () => onClose?.());
  }

  /** Calls code of the listener. An exception of it is logged. */
  private ask<Answer>(what: string, call: () => Answer): Answer | undefined {
    try {
      return call();
    } catch (error) {
      // Not by its properties, whose getters may throw.
      const shown = inspected(error);
      const unshown = typeof error === 'object' ? 'an error that cannot be shown' : String(error);
      const [first] = (shown ?? unshown).split('\n', 1);
      const text = `The option telemetry threw in ${what}: ${first}`;
      this.log.repeated(`telemetry threw: ${what}`, 'error', text, shown);
      return undefined;
    }
  }
}

function publishEnd(channels: Channels, message: CallMessage | JobMessage): void {
  const { error, asyncStart, asyncEnd } = channels as typeof requestChannel;
  const published = message as CallMessage;
  if (message.error !== undefined) {
    error.publish(published);
  }
  asyncStart.publish(published);
  asyncEnd.publish(published);
}
