import type { QueueAdmin } from '../../admin/queue-admin.js';
import type { LettersPage, LetterView, WaitingJobView } from '../dashboard-api.js';
import { MAX_LISTED_CHARACTERS, MAX_SHOWN_CHARACTERS } from './cut-text.js';
import { HttpRefusal } from './http-refusal.js';
import { jobView, letterView } from './job-views.js';

/** Entries of a list where the request does not say how many. */
const DEFAULT_LIMIT = 50;

/** The most entries of a list: each may be read whole to show its beginning. */
const MAX_LIMIT = 200;

type Read = (admin: QueueAdmin, query: URLSearchParams) => Promise<unknown>;

/** What `GET api/NAME` answers, by its name. */
export const READS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['jobs', listJobs],
  ['job', findJob],
  ['dead-letters', listLetters],
  ['dead-letter', findLetter],
]);

async function listJobs(admin: QueueAdmin, query: URLSearchParams): Promise<WaitingJobView[]> {
  const jobs = await admin.peek(queueIn(query), rangeIn(query));
  return jobs.map((job) => jobView(job, MAX_LISTED_CHARACTERS));
}

async function findJob(admin: QueueAdmin, query: URLSearchParams): Promise<WaitingJobView> {
  const queue = queueIn(query);
  const id = textIn(query, 'id');
  const number = Number(id);
  const found =
    (await admin.find(queue, id)) ??
    // Jobs of the original `reqrep` may have numbers for ids.
    (String(number) === id && Number.isFinite(number)
      ? await admin.find(queue, number)
      : undefined);
  if (!found) {
    throw new HttpRefusal(
      404,
      'The job does not wait any more: a worker has taken it, or it was removed',
    );
  }
  return jobView(found, MAX_SHOWN_CHARACTERS);
}

async function listLetters(admin: QueueAdmin, query: URLSearchParams): Promise<LettersPage> {
  const deadLetters = admin.deadLetters(queueIn(query));
  const range = rangeIn(query);
  const [count, letters] = await Promise.all([deadLetters.count(), deadLetters.list(range)]);
  const views = letters.map((letter) => letterView(letter, MAX_LISTED_CHARACTERS));
  return { at: admin.now(), count, letters: views };
}

async function findLetter(admin: QueueAdmin, query: URLSearchParams): Promise<LetterView> {
  const letter = await admin.deadLetters(queueIn(query)).get(textIn(query, 'id'));
  if (!letter) {
    throw new HttpRefusal(404, 'There is no such dead letter any more: it was retried or removed');
  }
  return letterView(letter, MAX_SHOWN_CHARACTERS);
}

/** @throws HttpRefusal */
export const queueIn = (query: URLSearchParams): string => textIn(query, 'queue');

function textIn(query: URLSearchParams, name: string): string {
  const text = query.get(name);
  if (text === null || text === '') {
    throw new HttpRefusal(400, `Expected \`${name}\` in the query, such as ?${name}=...`);
  }
  return text;
}

const rangeIn = (query: URLSearchParams) => ({
  skip: integerIn(query, 'skip', 0, Number.MAX_SAFE_INTEGER) ?? 0,
  limit: integerIn(query, 'limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT,
});

function integerIn(
  query: URLSearchParams,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = query.get(name);
  if (text === null) {
    return undefined;
  }
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    const range = `an integer from ${least} to ${most}`;
    throw new HttpRefusal(400, `Expected \`${name}\` in the query to be ${range}`);
  }
  return number;
}
