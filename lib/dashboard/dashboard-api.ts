import type { DeadLetter } from '../admin/dead-letter.js';
import type { QueueSnapshot } from '../admin/queue-snapshot.js';
import type { RunningJobs } from '../admin/running-jobs.js';
import type { WaitingJob } from '../admin/waiting-job.js';
import type { WorkerSnapshot } from '../admin/worker-snapshot.js';

/**
 * What the pages and their server say to each other. All paths are below the path of the dashboard; a queue is always named in the query
 * or the body, since its name may hold any character.
 */

/** `GET api/settings`. */
export interface DashboardSettings {
  /** Whether the server refuses all writes. */
  readonly readOnly: boolean;
  /** The version of the library. */
  readonly version: string;
}

/** Event `queues` of `GET api/events`, about each second. */
export interface QueuesLook {
  /** ms since the epoch, by the clock of Redis where the server knows it. */
  readonly at: number;
  readonly queues: readonly QueueSnapshot[];
}

/** Event `queue` of `GET api/events?queue=NAME`, about each second, beside the event `queues`. */
export interface QueueLook {
  readonly at: number;
  readonly queue: QueueSnapshot;
  readonly workers: readonly WorkerSnapshot[];
  readonly running: RunningJobs;
  /** The first of the jobs that wait. */
  readonly waiting: readonly WaitingJobView[];
}

/** Event `workers` of `GET api/events?workers`, about each second, beside the event `queues`. */
export interface WorkersLook {
  readonly at: number;
  readonly workers: readonly WorkerSnapshot[];
}

/** The body of each answer with an error. */
export interface Trouble {
  /** What happened and what to do, in words. */
  readonly message: string;
  /** The code of an error of the library. */
  readonly code?: string | undefined;
}

/** Event `trouble` of `GET api/events`: a look failed, such as where Redis did not answer. The next look follows. */
export interface LookTrouble extends Trouble {
  /** The event that the look had become. */
  readonly look: 'queues' | 'queue' | 'workers';
}

/** A text of which only the beginning is sent where it is long. */
export interface TextView {
  readonly text: string;
  /** Size of the whole, bytes. */
  readonly bytes: number;
  /** Whether `text` is the beginning only. */
  readonly isCut: boolean;
}

/** `GET api/jobs?queue=NAME&skip=0&limit=50` answers an array of them. */
export interface WaitingJobView extends Omit<WaitingJob, 'data' | 'element'> {
  /** The data as JSON. Of a job that cannot be read, its text. */
  readonly data: TextView;
}

/** `GET api/dead-letters?queue=NAME&skip=0&limit=50`. */
export interface LettersPage {
  readonly at: number;
  readonly count: number;
  readonly letters: readonly LetterView[];
}

/** `GET api/dead-letter?queue=NAME&id=ID` answers one, with far longer texts; 404 where there is none. */
export interface LetterView extends Omit<DeadLetter, 'data' | 'text'> {
  /** The data as JSON. Of a job that cannot be read, its text. */
  readonly data: TextView;
}

/** `GET api/job?queue=NAME&id=ID` answers a {@link WaitingJobView} with far longer texts; 404 where the job does not wait. */

/** The body of `POST api/pause`, `api/resume` and `api/purge`. They answer a `PausedQueue`, `{}`, and a {@link Done}. */
export interface QueueCommand {
  readonly queue: string;
}

/** The body of `POST api/remove-job`, which answers a {@link Done}. */
export interface RemoveJobCommand extends QueueCommand {
  readonly id: string | number;
}

/** The body of `POST api/retry-letters` and `api/remove-letters`, which answer a {@link Done}. */
export interface LettersCommand extends QueueCommand {
  /** The letters; `all` for all letters of the queue. */
  readonly ids: readonly string[] | 'all';
}

/** How many jobs or letters a command was about. */
export interface Done {
  readonly count: number;
}
