import { expect, it } from 'vitest';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';

const server = useServer();

it('an id that is neither text nor number is refused, and removes no job that cannot be read', async () => {
  const queue = randomQueue();
  const { admin } = openReqRep({ connection: server.url });
  await server.look.rpush(`${queue}requests`, 'no job');
  for (const id of [undefined, null, {}, Number.NaN] as unknown as string[]) {
    await expect(admin.remove(queue, id)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(
        /^Expected id in a call to `admin.remove` to be a string or a number, got /,
      ),
    });
    await expect(admin.find(queue, id)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  }
  expect(await server.look.lrange(`${queue}requests`, 0, -1)).toEqual(['no job']);
});

it('an id of a letter that is not text is refused; one of no letter finds none, at once', async () => {
  const queue = randomQueue();
  const { admin } = openReqRep({ connection: server.url });
  await server.look.rpush(`${queue}dead`, JSON.stringify({ job: '["a",1,{}]', at: 5 }));
  const letters = admin.deadLetters(queue);
  for (const id of [undefined, null, 5] as unknown as string[]) {
    await expect(letters.get(id)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(letters.remove(id)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(letters.retry(id)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  }
  const strangers = ['', 'last', 'bytes', '1-1', '1-1@0', 'old-999999999999999999999999-abc'];
  for (const id of [...strangers, 'old-999999999-0123456789ab']) {
    expect(await letters.get(id)).toBeUndefined();
  }
  expect(await letters.remove([...strangers.slice(1), 'old-999999999-0123456789ab'])).toBe(0);
  const [letter] = await letters.list();
  // Another worker of an earlier version, or somebody else, has removed letters before it.
  const further = letter?.id.replace('old-0', 'old-999999999') ?? '';
  expect(await letters.get(further)).toMatchObject({ data: 1 });
  expect(await letters.count()).toBe(1);
});

it('says which part of a choice of letters is wrong, and what it may be', async () => {
  const letters = openReqRep({ connection: server.url }).admin.deadLetters(randomQueue());
  const place = 'in a call to `deadLetters.remove` to be';
  const id = 'the id of a dead letter, a non-empty string';
  const any =
    "an id, an array of ids, or a filter such as { reason: 'failed' } ({} chooses all letters)";
  for (const [which, message] of [
    [undefined, `Expected which ${place} ${any}, got \`undefined\``],
    [5, `Expected which ${place} ${any}, got \`5\` (number)`],
    ...[new Set(['1-1']), new Map(), new Date(0), new Error('x'), Promise.resolve({})].map(
      (object) =>
        [object, `Expected which ${place} ${any}, got an object of another kind`] as const,
    ),
    ['', `Expected which ${place} ${id}, got ""`],
    [['1-1', 5], `Expected which[1] ${place} ${id}, got \`5\` (number)`],
    ...[{ worker: undefined }, { reason: undefined, worker: undefined }].map(
      (filter) =>
        [
          filter,
          `Expected which ${place} a filter with a value ({} chooses all letters), got ${Object.keys(filter).join(', ')}: undefined`,
        ] as const,
    ),
    [{ since: 'x' }, `Expected since ${place} an integer >= 0, got "x" (string)`],
  ] as const) {
    await expect(letters.remove(which as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(letters.remove(which as never)).rejects.toThrow(message);
  }
});

it('a purge leaves a key alone that is no queue, and names it', async () => {
  const queue = randomQueue();
  const { admin } = openReqRep({ connection: server.url });
  await server.look.hset(`${queue}requests`, 'field', 'of somebody else');
  await expect(admin.purge(queue)).rejects.toThrow('WRONGTYPE');
  expect(await server.look.keys(`${queue}*`)).toEqual([`${queue}requests`]);
  expect(await server.look.pttl(`${queue}requests`)).toBe(-1);
});
