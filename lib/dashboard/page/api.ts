import type {
  DashboardSettings,
  Done,
  LettersCommand,
  LettersPage,
  LetterView,
  QueueCommand,
  RemoveJobCommand,
  Trouble,
  WaitingJobView,
} from '../dashboard-api.js';
import type { PausedQueue } from '../../admin/paused-queue.js';

const LOG_IN = 'Reload this page: your login may have ended.';

/** Asks the server of the pages. Each call rejects with an `Error` whose message is for the user. */
export const api = {
  settings: () => get<DashboardSettings>('settings', {}),
  jobs: (queue: string, skip: number, limit: number) =>
    get<WaitingJobView[]>('jobs', { queue, skip, limit }),
  job: (queue: string, id: string | number) => get<WaitingJobView>('job', { queue, id }),
  letters: (queue: string, skip: number, limit: number) =>
    get<LettersPage>('dead-letters', { queue, skip, limit }),
  letter: (queue: string, id: string) => get<LetterView>('dead-letter', { queue, id }),
  pause: (command: QueueCommand) => post<PausedQueue>('pause', command),
  resume: (command: QueueCommand) => post<object>('resume', command),
  purge: (command: QueueCommand) => post<Done>('purge', command),
  removeJob: (command: RemoveJobCommand) => post<Done>('remove-job', command),
  retryLetters: (command: LettersCommand) => post<Done>('retry-letters', command),
  removeLetters: (command: LettersCommand) => post<Done>('remove-letters', command),
  whyNoEvents,
};

/** @returns why the server answers with no stream, in words. */
async function whyNoEvents(query: string): Promise<string> {
  try {
    const { body } = await ask(`api/events?${query}`, {});
    await body?.cancel();
    return 'The server of this page does not answer as it should.';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function get<Answer>(name: string, query: Record<string, string | number>): Promise<Answer> {
  const given = Object.entries(query).map(([key, value]) => [key, String(value)]);
  return answerTo<Answer>(`api/${name}?${new URLSearchParams(given).toString()}`, {});
}

const post = <Answer>(name: string, body: object): Promise<Answer> =>
  answerTo<Answer>(`api/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function answerTo<Answer>(url: string, init: RequestInit): Promise<Answer> {
  const response = await ask(url, init);
  return (await response.json()) as Answer;
}

/** Rejects for every answer that is not one of the dashboard: of a login in front, or of a proxy. */
async function ask(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: 'manual' }).catch(() => {
    throw new Error('The server of this page does not answer.');
  });
  const { ok, status, type } = response;
  if (ok && response.headers.get('content-type')?.startsWith('text/html') !== true) {
    return response;
  }
  if (ok || type === 'opaqueredirect') {
    throw new Error(`The server leads to another page, such as a login. ${LOG_IN}`);
  }
  const { message } = (await response.json().catch(() => ({}))) as Partial<Trouble>;
  const words = message ?? `The server answered with status ${status}.`;
  throw new Error(status === 401 || status === 403 ? `${words} (${status}). ${LOG_IN}` : words);
}
