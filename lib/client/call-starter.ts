import { AsyncResource } from 'node:async_hooks';
import type { Observable, Subscriber, Unsubscribable } from 'rxjs';
import { ClientClosedError, PendingLimitError, RequestTimeoutError } from '../errors/index.js';
import type { Shards } from '../driver/shard.js';
import type { Hooks } from '../telemetry/hooks.js';
import type { Log } from '../telemetry/log.js';
import type { ApplicationCode } from './calls/application-code.js';
import { beginCall, type BegunCall } from './calls/begin-call.js';
import { traceEnd, type CallEnd } from './calls/call-end.js';
import { CallCounts } from './calls/call-counts.js';
import type { RequestClientStats } from './calls/client-stats.js';
import {
  checkEmitOptions,
  checkQueue,
  checkSendOptions,
  type EmitOptions,
  type SendOptions,
} from './calls/call-options.js';
import type { ClientOptions, ParentJob } from './calls/client-options.js';
import { limitsOf, signalsOf, unlessEnded, type RequestLimits } from './calls/inheritance.js';
import type { PushReceipt } from './calls/push-receipt.js';
import { OutgoingJob, type JobSender } from './sending/outgoing-job.js';
import type { ShardClient } from './shard-client.js';
import { ShardClients } from './shard-clients.js';
import { AbortListeners } from './waiting/abort-listeners.js';
import { PendingEmit } from './waiting/pending-emit.js';
import { PendingRequest } from './waiting/pending-request.js';
import { PendingRequests } from './waiting/pending-requests.js';

/** The parts that a client needs. */
export interface ClientParts {
  readonly shards: Shards;
  readonly log: Log;
  readonly hooks: Hooks;
  readonly options: ClientOptions;
}

/** Starts the requests and emits of one client: checks each call, and hands its job to the shard of its queue. */
export class CallStarter {
  private readonly clientId: string;
  private jobCount = 0;
  private readonly defaultLimits: RequestLimits;
  private readonly pendingRequests: PendingRequests;
  private readonly shards: ShardClients;
  private readonly abortListeners = new AbortListeners();
  private readonly counts = new CallCounts();
  private isClosed = false;
  private closed: Promise<void> | undefined;

  constructor(
    private readonly parts: ClientParts,
    private readonly code: ApplicationCode,
  ) {
    const { shards, log, hooks, options } = parts;
    const { runtime } = shards;
    const { timeout } = options;
    const scope = new AsyncResource('ReqRepClient');
    this.clientId = runtime.randomId();
    this.defaultLimits = { timeout, idleTimeout: 0, isInherited: false };
    this.pendingRequests = new PendingRequests(timeout, scope, runtime);
    const { clientId, pendingRequests: pending } = this;
    this.shards = new ShardClients(shards, {
      clientId,
      options,
      log,
      hooks,
      pending,
      code,
      scope,
      counts: this.counts,
    });
  }

  /** Number of pending requests. */
  get pending(): number {
    return this.pendingRequests.size;
  }

  /** Number of emitted jobs that Redis has not confirmed. */
  get pendingEmits(): number {
    return this.shards.pendingEmits;
  }

  /** Number of replies that arrived although no request waited for them. */
  get droppedReplies(): number {
    return this.shards.droppedReplies;
  }

  get stats(): RequestClientStats {
    const { pending, pendingEmits, droppedReplies } = this;
    return { pending, pendingEmits, ...this.counts.stats, droppedReplies };
  }

  /** The job whose handler is making a call now. */
  parentJob(): ParentJob | undefined {
    return unlessEnded(this.parts.options.parentJob?.());
  }

  /**
   * Starts a request.
   * @param parentJob - the job that the request inherits from, unless the call says `inherit: false`.
   * @returns the subscription, which cancels the request when it is unsubscribed.
   * @throws the error of a wrong call; the subscriber is not notified then.
   */
  send(
    queue: string,
    data: unknown,
    options: SendOptions,
    parentJob: ParentJob | undefined,
    subscriber: Subscriber<unknown>,
  ): Unsubscribable {
    checkQueue(queue);
    checkSendOptions(queue, options);
    const { hooks, options: clientOptions } = this.parts;
    const id = this.nextId();
    const call = beginCall('request', id, queue, options, parentJob, clientOptions, hooks);
    this.counts.requests++;
    try {
      return this.request(call, data, subscriber);
    } catch (error) {
      call.trace?.failed(error);
      throw error;
    }
  }

  /** @throws the error of a call that cannot be sent. */
  private request(
    call: BegunCall<SendOptions>,
    data: unknown,
    subscriber: Subscriber<unknown>,
  ): PendingRequest {
    const { id, queue, options, parent, trace } = call;
    this.checkPending(call);
    const limits = limitsOf(options, this.defaultLimits, parent);
    if (limits.isInherited && limits.timeout === 0) {
      const error = new RequestTimeoutError({ queue, id, timeout: 0, limit: 'inherited' });
      throw this.refused(call, 'timeout', error);
    }
    const signals = signalsOf(options, parent);
    for (const { aborted, reason } of signals) {
      if (aborted) {
        throw this.refused(call, 'aborted', reason);
      }
    }
    const shard = this.shards.next(queue);
    const request = new PendingRequest(
      id,
      queue,
      this.pendingRequests,
      shard,
      subscriber,
      limits,
      options.protocol === 1,
    );
    request.trace = trace;
    try {
      for (const signal of signals) {
        const onAbort = (reason: unknown): void => request.fail(reason, 'aborted');
        request.onEnd(this.abortListeners.add(signal, onAbort));
      }
      this.push(shard, request, data, options, this.clientId);
      shard.listenFor(request);
    } catch (error) {
      request.end('not begun');
      throw error;
    }
    return request;
  }

  /** Starts an emit. Errors of the call are delivered by the receipt, too. */
  emit(queue: string, data: unknown, options: EmitOptions): Observable<PushReceipt> {
    const name = typeof queue === 'string' ? queue : typeof queue;
    const id = this.nextId();
    const emit = new PendingEmit(id, name, this.parts.log, this.code);
    try {
      checkQueue(queue);
      checkEmitOptions(queue, options);
      const { hooks, options: clientOptions } = this.parts;
      const call = beginCall('emit', id, queue, options, this.parentJob(), clientOptions, hooks);
      this.counts.emits++;
      emit.trace = call.trace;
      this.checkPending(call);
      const shard = this.shards.next(queue);
      shard.pendingEmits++;
      emit.start(options.timeout ?? 0, shard);
      this.push(shard, emit, data, call.options);
    } catch (error) {
      emit.fail(error, 'not begun');
    }
    return emit.receipt$;
  }

  /** Fails all pending requests, refuses new calls, and pushes for a limited time what was emitted before. */
  close(): Promise<void> {
    if (!this.isClosed) {
      this.isClosed = true;
      this.pendingRequests.close(({ queue }) => new ClientClosedError(queue));
      this.closed = this.shards.close();
    }
    // A subscriber that is notified by this close may call close() before `closed` is set.
    return this.closed ?? Promise.resolve().then(() => this.closed);
  }

  /** Counts, which is cheaper and shorter than a random id; the prefix identifies the client. */
  private nextId(): string {
    return `${this.clientId}-${(this.jobCount++).toString(36)}`;
  }

  /** @throws the error of a client that takes no call at the moment. */
  private checkPending(call: BegunCall<EmitOptions>): void {
    const { queue } = call;
    if (this.isClosed) {
      throw this.refused(call, 'closed', new ClientClosedError(queue));
    }
    const { maxPending } = this.parts.options;
    if (this.pendingRequests.size + this.shards.pendingEmits >= maxPending) {
      throw this.refused(call, 'not begun', new PendingLimitError(queue, maxPending));
    }
  }

  /** Counts a call that ends before it is pending. @returns its error. */
  private refused<Reason>({ trace }: BegunCall<EmitOptions>, end: CallEnd, error: Reason): Reason {
    this.counts.ended(end);
    if (trace) {
      traceEnd(trace, end);
    }
    return error;
  }

  /** @param replyTo - the client that waits for a reply; `undefined` for an emit. */
  private push(
    shard: ShardClient,
    sender: JobSender,
    data: unknown,
    options: EmitOptions,
    replyTo?: string,
  ): void {
    const { maxPayload, maxPendingBytes } = this.parts.options;
    const job = new OutgoingJob(sender, data, options, replyTo, maxPayload, this.code);
    // Getters and `toJSON` of the data have run, and may have closed the client or ended the request.
    if (this.isClosed) {
      throw new ClientClosedError(sender.queue);
    }
    if (!sender.isWaiting()) {
      return;
    }
    if (this.shards.unconfirmedLength + job.length > maxPendingBytes) {
      throw new PendingLimitError(sender.queue, maxPendingBytes, 'maxPendingBytes');
    }
    shard.push(job);
  }
}
