import type { QueueAdmin } from '../../admin/queue-admin.js';
import type { DeadLetters } from '../../admin/dead-letters.js';
import type { Done } from '../dashboard-api.js';
import { HttpRefusal } from './http-refusal.js';

type Body = Readonly<Record<string, unknown>>;
type Command = (admin: QueueAdmin, body: Body) => Promise<unknown>;

/** What `POST api/NAME` does and answers, by its name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['pause', (admin, { queue }) => admin.pause(checkedText(queue, 'queue'))],
  ['resume', (admin, { queue }) => admin.resume(checkedText(queue, 'queue')).then(() => ({}))],
  ['purge', async (admin, { queue }) => done(await admin.purge(checkedText(queue, 'queue')))],
  ['remove-job', removeJob],
  ['retry-letters', (admin, body) => onLetters(admin, body, 'retry')],
  ['remove-letters', (admin, body) => onLetters(admin, body, 'remove')],
]);

const done = (count: number): Done => ({ count });

async function removeJob(admin: QueueAdmin, { queue, id }: Body): Promise<Done> {
  const checkedId = typeof id === 'number' ? id : checkedText(id, 'id');
  return done((await admin.remove(checkedText(queue, 'queue'), checkedId)) ? 1 : 0);
}

async function onLetters(
  admin: QueueAdmin,
  { queue, ids }: Body,
  act: keyof Pick<DeadLetters, 'retry' | 'remove'>,
): Promise<Done> {
  const letters = admin.deadLetters(checkedText(queue, 'queue'));
  return done(await letters[act](ids === 'all' ? {} : checkedIds(ids)));
}

function checkedIds(ids: unknown): readonly string[] {
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) {
    throw new HttpRefusal(400, 'Expected `ids` in the body to be an array of ids, or "all"');
  }
  return ids;
}

function checkedText(value: unknown, name: string): string {
  if (typeof value !== 'string') {
    throw new HttpRefusal(400, `Expected \`${name}\` in the body to be a string`);
  }
  return value;
}
