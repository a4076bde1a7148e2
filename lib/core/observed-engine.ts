import type { RequestClient } from '../client/request-client.js';
import { QueueInspector } from '../client/waiting/queue-inspector.js';
import type { Shard, Shards } from '../driver/shard.js';
import type { ObservedInstance, QueueLoad, ServedQueue } from '../telemetry/telemetry.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';

/** The state of a queue, the refusal of Redis, or `undefined` without an answer in time. */
export type QueueInspection = QueueLoad | { readonly refusal: Error } | undefined;

/** What the telemetry of an instance may look at. */
export class ObservedEngine implements ObservedInstance {
  private readonly clients: RequestClient[] = [];
  private readonly workers = new Set<ReplyWorkers>();
  private readonly inspectors = new Map<Shard, QueueInspector>();

  constructor(
    readonly name: string,
    private readonly shards: Shards,
  ) {}

  addClient(client: RequestClient): void {
    this.clients.push(client);
  }

  addWorkers(workers: ReplyWorkers): void {
    this.workers.add(workers);
  }

  removeWorkers(workers: ReplyWorkers): void {
    this.workers.delete(workers);
  }

  get server(): string {
    return this.shards.servers.serverName;
  }

  get pending(): number {
    return this.clients.reduce((sum, { pending }) => sum + pending, 0);
  }

  get queues(): readonly ServedQueue[] {
    return [...this.workers]
      .map(({ status }) => status)
      .filter(({ state }) => state !== 'stopped')
      .flatMap(({ queues }) =>
        queues.map(({ queue, handler, busy }) => ({ queue, handler, busy })),
      );
  }

  async inspect(queue: string): Promise<QueueLoad | undefined> {
    const found = await this.look(queue);
    return found && 'refusal' in found ? undefined : found;
  }

  /** Does the same as {@link inspect}, but tells a refusal from no answer. */
  async look(queue: string): Promise<QueueInspection> {
    const parts = await Promise.all(
      this.shards.of(queue).map((shard) => this.inspectorOf(shard).inspect(queue)),
    );
    let [length, age, workers] = [0, 0, 0];
    for (const part of parts) {
      if (part === undefined || 'refusal' in part) {
        return part;
      }
      length += part.queueLength;
      age = Math.max(age, part.age);
      // A worker of a hot queue is in all shards.
      workers = Math.max(workers, part.workers);
    }
    return { length, age, workers };
  }

  private inspectorOf(shard: Shard): QueueInspector {
    const inspector = this.inspectors.get(shard) ?? new QueueInspector(shard);
    this.inspectors.set(shard, inspector);
    return inspector;
  }
}
