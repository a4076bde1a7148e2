/**
 * Every Redis key of the library. Nothing stands between a queue's name and a suffix: that is the rule of the
 * original `reqrep`, whose processes share these keys.
 */
export class Keys {
  /** @param prefix - stands in front of every key; default `''`. */
  constructor(private readonly prefix = '') {}

  /** The list of reply frames of one client, for all its queues. */
  replies(clientId: string): string {
    return `${this.prefix}replies:${clientId}`;
  }

  queue(queue: string): QueueKeys {
    return new QueueKeys(this.prefix + queue);
  }

  /** @returns the queue whose waiting jobs lie at a key; `undefined` for any other key. */
  queueOf(requests: string): string | undefined {
    const name = requests.slice(this.prefix.length, -REQUESTS_SUFFIX.length);
    return this.queue(name).requests === requests ? name : undefined;
  }

  /** @returns the glob of the keys by which a user of Redis is allowed one of them: all of its queue, or all lists of replies. */
  patternOf(key: string): string {
    const replies = this.replies('');
    if (key.startsWith(replies)) {
      return `${globOf(replies)}*`;
    }
    const [, base] = QUEUE_KEY.exec(key) ?? WORKER_KEY.exec(key) ?? [];
    return base === undefined ? globOf(key) : `${globOf(base)}*`;
  }
}

/** The keys of a queue, with what {@link QueueKeys} puts in front of them. */
const QUEUE_KEY = /^(.+)(?:requests|workers|dead)$/s;
const WORKER_KEY = /^(.+)(?:active:[\w-]{36}:\d+|worker:[\w-]{36}|replies:[^:]+(?::aside)?)$/s;

/** @returns a text as a pattern that matches it alone. */
const globOf = (text: string): string => text.replace(/[*?[\]\\]/g, String.raw`\$&`);

/** Stands behind the name of a queue, at the key of its waiting jobs. */
const REQUESTS_SUFFIX = 'requests';

/** The keys of one queue. */
export class QueueKeys {
  /** List of waiting jobs: pushed right, taken left. */
  readonly requests: string;
  /** Sorted set of live workers; score = lease expiry, ms, Redis clock. */
  readonly workers: string;
  /** List of jobs that could not be run, with the reason. */
  readonly dead: string;
  /** Channel on which the ids of cancelled jobs are published, as JSON arrays. */
  readonly cancel: string;

  constructor(private readonly base: string) {
    this.requests = base + REQUESTS_SUFFIX;
    this.workers = `${base}workers`;
    this.dead = `${base}dead`;
    this.cancel = `${base}cancel`;
  }

  /** List of none or one: the job that this slot of this worker is running. */
  active(workerId: string, slot: number): string {
    return `${this.base}active:${workerId}:${slot}`;
  }

  /** Whether a key is a slot: of one worker, or of any. */
  isActive(key: string, workerId?: string): boolean {
    return key.startsWith(`${this.base}active:${workerId === undefined ? '' : `${workerId}:`}`);
  }

  /** Hash of what others may know of a worker. */
  worker(workerId: string): string {
    return `${this.base}worker:${workerId}`;
  }

  /** List for the one reply of a version 1 request. */
  originalReply(jobId: string | number): string {
    return `${this.base}replies:${jobId}`;
  }
}

/** Where a reply list is while long frames are pushed behind it. */
export const parkedListOf = (list: string): string => `${list}:aside`;
