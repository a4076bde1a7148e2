import type { AsyncResource } from 'node:async_hooks';
import { ClientClosedError, type TimeLimit } from '../errors/index.js';
import type { Runtime } from '../driver/runtime.js';
import type { Shard } from '../driver/shard.js';
import { deleteKey } from '../protocol/operations/keys.js';
import type { Hooks } from '../telemetry/hooks.js';
import type { Log } from '../telemetry/log.js';
import type { ApplicationCode } from './calls/application-code.js';
import type { CallCounts } from './calls/call-counts.js';
import { mayLeaveJob, type CallEnd } from './calls/call-end.js';
import type { ClientOptions } from './calls/client-options.js';
import { QueuePruner } from './queue-pruner.js';
import { OriginalReplyListener } from './replies/original-reply-listener.js';
import { ReplyListener } from './replies/reply-listener.js';
import type { OutgoingJob } from './sending/outgoing-job.js';
import { PushBatcher } from './sending/push-batcher.js';
import { JobCanceller } from './waiting/job-canceller.js';
import type { EmitOwner, PendingEmit } from './waiting/pending-emit.js';
import type { PendingRequest, RequestOwner } from './waiting/pending-request.js';
import type { PendingRequests } from './waiting/pending-requests.js';
import { TimeoutExplainer } from './waiting/timeout-explainer.js';

/** Parts of a client that all its shards share. */
export interface ClientSite {
  readonly clientId: string;
  readonly options: ClientOptions;
  readonly log: Log;
  readonly hooks: Hooks;
  /** Pending requests of all shards. */
  readonly pending: PendingRequests;
  readonly code: ApplicationCode;
  /** Counts of the calls of all shards. */
  readonly counts: CallCounts;
  /** Long-lived loops run in this async context, not in that of the call that happened to start them. */
  readonly scope: AsyncResource;
}

/** The part of a client that uses one shard: pushes jobs and reads replies. It opens no connection before it is used. */
export class ShardClient implements RequestOwner, EmitOwner {
  /** Number of pending emits. */
  pendingEmits = 0;
  private readonly batcher: PushBatcher;
  private readonly canceller: JobCanceller;
  private readonly pruner: QueuePruner;
  private readonly explainer: TimeoutExplainer;
  private readonly replies: ReplyListener;
  private readonly originalReplies: OriginalReplyListener;

  constructor(
    private readonly shard: Shard,
    private readonly site: ClientSite,
  ) {
    const { clientId, options, hooks, pending } = site;
    const log = site.log.of(shard.keys.tag);
    const { workersHere, reviveError } = options;
    const closedError = (queue: string): Error => new ClientClosedError(queue);
    this.batcher = new PushBatcher(shard, closedError, log, workersHere);
    this.canceller = new JobCanceller(shard, log);
    this.pruner = new QueuePruner(shard, log);
    this.explainer = new TimeoutExplainer(shard, workersHere);
    this.replies = new ReplyListener(shard, clientId, pending, log, hooks, reviveError);
    this.originalReplies = new OriginalReplyListener(shard, log);
  }

  get runtime(): Runtime {
    return this.shard.driver.runtime;
  }

  get trouble(): Error | undefined {
    return this.shard.driver.trouble;
  }

  /** UTF-16 units of the jobs whose push is not confirmed. */
  get unconfirmedLength(): number {
    return this.batcher.length;
  }

  /** Number of replies that arrived although no request waited for them. */
  get droppedReplies(): number {
    return this.replies.discarded;
  }

  push(job: OutgoingJob): void {
    this.batcher.add(job);
  }

  /** Starts reading replies, if that has not happened yet. */
  listenFor(request: PendingRequest): void {
    const { scope } = this.site;
    if (request.isOriginal) {
      scope.runInAsyncScope(() => this.originalReplies.expect(request));
    } else if (!this.replies.isStarted) {
      scope.runInAsyncScope(() => this.replies.start());
    }
  }

  refusalOf({ id }: PendingRequest | PendingEmit): string | undefined {
    return this.batcher.refusalOf(id);
  }

  /** Removes the job of an ended request if it was not pushed yet; else cancels it. */
  requestEnded(request: PendingRequest, end: CallEnd): void {
    this.site.counts.ended(end);
    const neverLeft = this.batcher.remove(request.id);
    const mayRun = !neverLeft && mayLeaveJob(end);
    if (request.isOriginal) {
      if (mayRun) {
        this.originalReplies.removeLateReply(request);
      } else {
        this.originalReplies.stopWaiting(request);
      }
    } else if (mayRun) {
      this.canceller.cancel(request);
    }
  }

  timedOut(request: PendingRequest, limit: TimeLimit, refusal: string | undefined): void {
    const unread = (): Error | undefined => (request.isOriginal ? undefined : this.replies.refusal);
    this.site.scope.runInAsyncScope(() => {
      this.pruner.requestTimedOut(request.queue);
      void this.explainer.explain(request, limit, refusal, unread);
    });
  }

  threw(what: string, error: unknown): void {
    this.site.code.threw(what, error);
  }

  emitEnded(emit: PendingEmit, end: CallEnd): void {
    this.pendingEmits--;
    this.site.counts.ended(end);
    this.batcher.remove(emit.id);
    // After any other end, the job may run if Redis has it.
    if (end === 'refused again') {
      this.canceller.cancel(emit);
    }
  }

  /** Pushes waiting jobs for a limited time and stops reading replies. Jobs that were not pushed fail. */
  async close(): Promise<void> {
    const { driver, keys } = this.shard;
    this.pruner.close();
    const pushed = this.batcher.close();
    this.canceller.flush();
    this.replies.close();
    this.originalReplies.close();
    await pushed;
    this.canceller.flush();
    this.canceller.close();
    if (driver.isConnected) {
      // Removes late replies. If that fails, or replies still arrive, the list expires.
      const list = keys.replies(this.site.clientId);
      driver.commands.run(deleteKey, list).catch(() => undefined);
    }
  }
}
