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
};

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
  const response = await fetch(url, init).catch(() => {
    throw new Error('The server of this page does not answer.');
  });
  if (response.ok) {
    return (await response.json()) as Answer;
  }
  const trouble = (await response.json().catch(() => ({}))) as Partial<Trouble>;
  throw new Error(trouble.message ?? `The server answered with status ${response.status}.`);
}
