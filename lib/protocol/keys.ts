/**
 * Spells every Redis key of the library. A suffix directly follows the name of the queue, as in the original `reqrep`, whose
 * processes share these keys.
 */
export class Keys {
  private readonly prefix: string;
  /** Hash tag of the shard, with its braces; `''` without one. */
  readonly tag: string;

  /**
   * @param prefix - the beginning of every key, after the tag; default `''`.
   * @param tag - hash tag of the shard of a Cluster. It comes first, so that braces in the prefix or a queue's name count for nothing.
   */
  constructor(prefix = '', tag?: string) {
    this.tag = tag === undefined ? '' : `{${tag}}`;
    this.prefix = this.tag + prefix;
  }

  /** Hash with the settings that all processes of an instance on a Cluster have to share. */
  get shards(): string {
    return `${this.prefix}shards`;
  }

  /** Sorted set of the queues that workers serve; score = when a worker last said so, ms, Redis clock. */
  get queues(): string {
    return `${this.prefix}reqrep:queues`;
  }

  /** Channel on which the workers of all queues are asked something. */
  get control(): string {
    return `${this.prefix}reqrep:control`;
  }

  /** List of the reply frames of one client, for all queues. */
  replies(clientId: string): string {
    return `${this.prefix}replies:${clientId}`;
  }

  queue(queue: string): QueueKeys {
    return new QueueKeys(this.prefix + queue);
  }

  /** @returns the queue whose waiting jobs a key holds; `undefined` for any other key. */
  queueOf(requests: string): string | undefined {
    const name = requests.slice(this.prefix.length, -REQUESTS_SUFFIX.length);
    return this.queue(name).requests === requests ? name : undefined;
  }

  /** @returns the glob for an ACL rule that allows a key: all keys of its queue, or all reply lists, whatever their shard. */
  patternOf(key: string): string {
    const hasTag = this.tag !== '' && key.startsWith(this.tag);
    const pattern = this.patternOfKey(key);
    return hasTag ? `{*}${pattern.slice(this.tag.length)}` : pattern;
  }

  private patternOfKey(key: string): string {
    const replies = this.replies('');
    if (key.startsWith(replies)) {
      return `${globOf(replies)}*`;
    }
    const [, base] = QUEUE_KEY.exec(key) ?? WORKER_KEY.exec(key) ?? [];
    return base === undefined ? globOf(key) : `${globOf(base)}*`;
  }
}

/** Match the keys of {@link QueueKeys}; the group is the prefix with the name of the queue. */
const QUEUE_KEY = /^(.+)(?:requests|workers|dead|deadids|deadletters|totals|paused)$/s;
const WORKER_KEY =
  /^(.+)(?:active:[\w-]{36}:\d+|worker:[\w-]{36}|purged:[\w-]+|replies:[^:]+(?::aside)?)$/s;

/** @returns a glob that matches only this text. */
const globOf = (text: string): string => text.replace(/[*?[\]\\]/g, String.raw`\$&`);

/** Suffix of the key of waiting jobs. */
const REQUESTS_SUFFIX = 'requests';

/** The keys of the dead letters of one queue. */
export interface DeadLetterKeys {
  /** Sorted set of the ids of the letters; the score is the time, ms. */
  readonly ids: string;
  /** Hash of the letters by their ids; it also counts them and their bytes. */
  readonly letters: string;
}

/** The keys of one queue. */
export class QueueKeys {
  /** List of waiting jobs: pushed right, taken left. */
  readonly requests: string;

  constructor(private readonly base: string) {
    this.requests = base + REQUESTS_SUFFIX;
  }

  /** Sorted set of live workers; score = lease expiry, ms, Redis clock. */
  get workers(): string {
    return `${this.base}workers`;
  }

  /** The dead letters: jobs that are not run any more, with the reason. */
  get deadLetters(): DeadLetterKeys {
    return { ids: `${this.base}deadids`, letters: `${this.base}deadletters` };
  }

  /** List of the dead letters of workers of earlier versions, which know no other place for them. */
  get deadList(): string {
    return `${this.base}dead`;
  }

  /** Hash of the counts of workers that are gone. */
  get totals(): string {
    return `${this.base}totals`;
  }

  /** Exists while the queue is paused for the workers of all processes: since when, ms, Redis clock. */
  get paused(): string {
    return `${this.base}paused`;
  }

  /** List of jobs that were removed, until their callers were told. */
  purged(id: string): string {
    return `${this.base}purged:${id}`;
  }

  /** Channel on which the ids of cancelled jobs are published, as JSON arrays. */
  get cancel(): string {
    return `${this.base}cancel`;
  }

  /** List of the jobs that were taken together into this slot; `''` at the position of a job that has left. */
  active(workerId: string, slot: number): string {
    return `${this.base}active:${workerId}:${slot}`;
  }

  /** Tells whether a key is a slot, of one worker or of any. */
  isActive(key: string, workerId?: string): boolean {
    return key.startsWith(`${this.base}active:${workerId === undefined ? '' : `${workerId}:`}`);
  }

  /** Hash with the description of a worker for other processes. */
  worker(workerId: string): string {
    return `${this.base}worker:${workerId}`;
  }

  /** List for the one reply of a version 1 request. */
  originalReply(jobId: string | number): string {
    return `${this.base}replies:${jobId}`;
  }
}

/** Key of a parked reply list: the list is moved there while long frames are pushed to it. */
export const parkedListOf = (list: string): string => `${list}:aside`;
