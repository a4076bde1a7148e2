import { AsyncResource } from 'node:async_hooks';
import type { Observable, Subscriber, Unsubscribable } from 'rxjs';
import { ClientClosedError, PendingLimitError, RequestTimeoutError } from '../errors/index.js';
import type { Shards } from '../driver/shard.js';
import type { Log } from '../telemetry/log.js';
import type { ApplicationCode } from './calls/application-code.js';
import {
  checkEmitOptions,
  checkQueue,
  checkSendOptions,
  type EmitOptions,
  type SendOptions,
} from './calls/call-options.js';
import type { ClientOptions, ParentJob } from './calls/client-options.js';
import {
  parentOf,
  limitsOf,
  signalsOf,
  unlessEnded,
  withInheritedHeaders,
  type RequestLimits,
} from './calls/inheritance.js';
import { withOutgoingHeaders } from './calls/outgoing-headers.js';
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
  private isClosed = false;
  private closed: Promise<void> | undefined;

  constructor(
    private readonly parts: ClientParts,
    private readonly code: ApplicationCode,
  ) {
    const { shards, log, options } = parts;
    const { runtime } = shards;
    const { timeout } = options;
    const scope = new AsyncResource('ReqRepClient');
    this.clientId = runtime.randomId();
    this.defaultLimits = { timeout, idleTimeout: 0, isInherited: false };
    this.pendingRequests = new PendingRequests(timeout, scope, runtime);
    const { clientId, pendingRequests: pending } = this;
    this.shards = new ShardClients(shards, { clientId, options, log, pending, code, scope });
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
    this.checkPending(queue);
    const parent = parentOf(options, parentJob);
    const limits = limitsOf(options, this.defaultLimits, parent);
    if (limits.isInherited && limits.timeout === 0) {
      const id = this.nextId();
      throw new RequestTimeoutError({ queue, id, timeout: 0, limit: 'inherited' });
    }
    const signals = signalsOf(options, parent);
    const shard = this.shards.next(queue);
    const request = new PendingRequest(
      this.nextId(),
      queue,
      this.pendingRequests,
      shard,
      subscriber,
      limits,
      options.protocol === 1,
    );
    try {
      for (const signal of signals) {
        const onAbort = (reason: unknown): void => request.fail(reason, 'aborted');
        request.onEnd(this.abortListeners.add(signal, onAbort));
      }
      const withHeaders = this.withHeaders(queue, options, parent);
      this.push(shard, request, data, withHeaders, this.clientId);
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
    const emit = new PendingEmit(this.nextId(), name, this.parts.log, this.code);
    try {
      checkQueue(queue);
      checkEmitOptions(queue, options);
      this.checkPending(queue);
      const shard = this.shards.next(queue);
      shard.pendingEmits++;
      emit.start(options.timeout ?? 0, shard);
      const parent = parentOf(options, this.parentJob());
      this.push(shard, emit, data, this.withHeaders(queue, options, parent));
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

  private checkPending(queue: string): void {
    if (this.isClosed) {
      throw new ClientClosedError(queue);
    }
    const { maxPending } = this.parts.options;
    if (this.pendingRequests.size + this.shards.pendingEmits >= maxPending) {
      throw new PendingLimitError(queue, maxPending);
    }
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

  /** Adds headers to those of the call: those of `outgoingHeaders`, which lose against the call, then inherited ones, which lose against both. */
  private withHeaders<Options extends EmitOptions>(
    queue: string,
    options: Options,
    parent: ParentJob | undefined,
  ): Options {
    const { outgoingHeaders, inheritedHeaders = [] } = this.parts.options;
    const ownAndAdded = withOutgoingHeaders(options, queue, outgoingHeaders);
    return withInheritedHeaders(ownAndAdded, parent, inheritedHeaders);
  }
}
