import type { AsyncResource } from 'node:async_hooks';
import { ClientClosedError, type TimeLimit } from '../errors/index.js';
import type { Runtime } from '../driver/runtime.js';
import type { Shard } from '../driver/shard.js';
import { deleteKey } from '../protocol/operations/keys.js';
import type { Log } from '../telemetry/log.js';
import type { ApplicationCode } from './calls/application-code.js';
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

/** What the parts of one client have in common, whatever shard they use. */
export interface ClientSite {
  readonly clientId: string;
  readonly options: ClientOptions;
  readonly log: Log;
  /** Those of all shards. */
  readonly pending: PendingRequests;
  readonly code: ApplicationCode;
  /** Long-lived loops run in this async context, not in that of the call that happened to start them. */
  readonly scope: AsyncResource;
}

/** One client in one shard: what is on its way there and back. It opens nothing before it is used. */
export class ShardClient implements RequestOwner, EmitOwner {
  /** How many emits wait for their end. */
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
    const { clientId, options, log, pending } = site;
    const { workersHere, reviveError } = options;
    const closedError = (queue: string): Error => new ClientClosedError(queue);
    this.batcher = new PushBatcher(shard, closedError, log, workersHere);
    this.canceller = new JobCanceller(shard, log);
    this.pruner = new QueuePruner(shard, log);
    this.explainer = new TimeoutExplainer(shard, workersHere);
    this.replies = new ReplyListener(shard, clientId, pending, log, reviveError);
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

  /** How many replies came that nobody waited for. */
  get droppedReplies(): number {
    return this.replies.discarded;
  }

  push(job: OutgoingJob): void {
    this.batcher.add(job);
  }

  /** Reads replies from now on. */
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

  /** Lets go of what a request needed, and drops a job that nobody waits for any more, wherever it is. */
  requestEnded(request: PendingRequest, end: CallEnd): void {
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
    this.pruner.requestTimedOut(request.queue);
    void this.explainer.explain(request, limit, refusal, () =>
      request.isOriginal ? undefined : this.replies.refusal,
    );
  }

  threw(what: string, error: unknown): void {
    this.site.code.threw(what, error);
  }

  emitEnded(emit: PendingEmit, end: CallEnd): void {
    this.pendingEmits--;
    this.batcher.remove(emit.id);
    // Whatever else has ended it, its job may run, if Redis has it.
    if (end === 'refused again') {
      this.canceller.cancel(emit);
    }
  }

  /** Pushes what waits, for a while, and reads no more. What has not been pushed by then fails. */
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
      // Late replies that are there already; those still to come expire, and so do these where it fails.
      const list = keys.replies(this.site.clientId);
      driver.commands.run(deleteKey, list).catch(() => undefined);
    }
  }
}
