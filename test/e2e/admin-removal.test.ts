import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { JobRemovedError } from '../../lib/core/index.js';
import { failureOf } from '../support/failure-of.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();
const open = () => openReqRep({ connection: server.url, timeout: 60_000 });

it('removes one waiting job, whose caller gets an error at once', async () => {
  const queue = randomQueue();
  const { admin, client, workers } = open();
  const first = client.request(queue, 1);
  const second = failureOf(client.send(queue, 2));
  const third = client.request(queue, 3);
  await waitFor(async () => (await admin.queue(queue)).waiting === 3);
  const [, job] = await admin.peek(queue);
  const id = String(job?.id);
  expect(await admin.remove(queue, id)).toBe(true);
  const error = await second;
  expect(error).toBeInstanceOf(JobRemovedError);
  expect(error).toMatchObject({ code: 'JOB_REMOVED', queue, id });
  expect(await admin.remove(queue, id)).toBe(false);
  expect((await admin.peek(queue)).map(({ data }) => data)).toEqual([1, 3]);
  const ran: unknown[] = [];
  await workers.serve(queue, (data) => void ran.push(data));
  await waitFor(() => ran.length === 2);
  expect(ran).toEqual([1, 3]);
  await Promise.all([first, third]);
});

it('purges a queue: all that waits is gone at once, and each caller gets an error', async () => {
  const queue = randomQueue();
  const { admin, client, workers } = open();
  expect(await admin.purge(queue)).toBe(0);
  const failures = Array.from({ length: 450 }, (_, data) => failureOf(client.send(queue, data)));
  await firstValueFrom(client.emit(queue, 'emitted'));
  await server.look.rpush(`${queue}requests`, 'no job');
  await waitFor(async () => (await admin.queue(queue)).waiting === 452);
  expect(await admin.purge(queue)).toBe(452);
  for (const failure of await Promise.all(failures)) {
    expect(failure).toBeInstanceOf(JobRemovedError);
  }
  expect(await server.look.keys(`${queue}*`)).toEqual([]);
  await workers.serve(queue, (data) => data);
  expect(await client.request(queue, 'later')).toBe('later');
});
