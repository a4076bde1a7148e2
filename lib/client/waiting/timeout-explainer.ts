import { RequestTimeoutError, type TimeLimit } from '../../errors/index.js';
import type { WorkersHere } from '../../errors/served-here.js';
import { explainRefusal } from '../../driver/refusal.js';
import type { Shard } from '../../driver/shard.js';
import type { PendingRequest } from './pending-request.js';
import { QueueInspector } from './queue-inspector.js';

/** Finds out why requests to the queues of one shard timed out. */
export class TimeoutExplainer {
  private readonly inspector: QueueInspector;

  /** @param workersHere - returns what this process knows of its own workers. */
  constructor(
    private readonly shard: Shard,
    private readonly workersHere: (queue: string) => WorkersHere | undefined = () => undefined,
  ) {
    this.inspector = new QueueInspector(shard);
  }

  /**
   * Delivers the error of a request that timed out.
   * @param refusal - why Redis refuses its job.
   * @param unread - returns why replies cannot be read; it is called after the queue was inspected.
   */
  async explain(
    request: PendingRequest,
    limit: TimeLimit,
    refusal: string | undefined,
    unread: () => Error | undefined,
  ): Promise<void> {
    const { queue, id } = request;
    const here = this.workersHere(queue);
    const { trouble } = this.shard.driver;
    const inspection = await this.inspector.inspect(queue);
    const replyRefusal = unread();
    const isRefused = inspection !== undefined && 'refusal' in inspection;
    const cause = replyRefusal ?? (isRefused ? inspection.refusal : undefined);
    const error = new RequestTimeoutError(
      {
        queue,
        id,
        ...limitOf(request, limit),
        refusal,
        trouble,
        here,
        ...(isRefused ? { inspectionRefusal: explainRefusal(inspection.refusal) } : inspection),
        replyRefusal: replyRefusal && explainRefusal(replyRefusal),
      },
      cause && { cause },
    );
    request.deliverError(error);
  }
}

/** @returns the limit that was reached, and its length, ms. */
const limitOf = (
  { limits: { timeout, idleTimeout, isInherited } }: PendingRequest,
  limit: TimeLimit,
): { readonly limit: TimeLimit; readonly timeout: number } =>
  limit === 'idleTimeout'
    ? { limit, timeout: idleTimeout }
    : { limit: isInherited ? 'inherited' : limit, timeout };
