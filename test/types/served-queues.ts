/** Compiled by `npm run typecheck`: each `@ts-expect-error` fails there when what stands under it is no error any more. */
import { createReqRep, QueueWorkers, type JobContext, type QueueHandler } from 'nestjs-reqrep/core';
import { of, type Observable } from 'rxjs';

interface Report {
  readonly text: string;
}

declare module 'nestjs-reqrep/core' {
  interface JobMap {
    'served-reports': (data: { id: string; pages?: number }) => Report;
    'served-progress': (data: { id: string }) => Observable<number>;
    'served-ping': () => 'pong';
    'served-note': (text?: string) => void;
    'served-states': (data: number) => { state: 'done' | 'failed' };
  }
}

declare const workers: QueueWorkers;
declare const anyQueue: string;

export async function serve(): Promise<void> {
  await workers.serve('served-reports', ({ id, pages = 1 }, job) => ({
    text: `${id} ${pages} ${job.attempt}`,
  }));
  await workers.serve<'served-reports'>('served-reports', async ({ id }) => ({ text: id }));
  await workers.serve('served-reports', (data: { id: string }) => of({ text: data.id }));
  await workers.serve('served-reports', async function* ({ id }) {
    yield { text: id };
  });
  await workers.serve('served-progress', () => [1, 2].values(), { concurrency: 2, timeout: 5 });
  await workers.serve('served-ping', () => 'pong');
  await workers.serve('served-states', (data) => ({ state: data > 0 ? 'done' : 'failed' }));
  await workers.serve('served-note', (text) => {
    const arrived: string | null = text;
    return void arrived;
  });

  // What the other entry's map says holds here, too.
  await workers.serve('typed-ping', () => 'pong');
  // @ts-expect-error wrong reply
  await workers.serve('typed-ping', () => 'ping');

  // @ts-expect-error wrong reply
  await workers.serve('served-reports', ({ id }) => id);
  // @ts-expect-error wrong data
  await workers.serve('served-reports', (data: { id: number }) => ({ text: String(data.id) }));
  // @ts-expect-error data that is not there
  await workers.serve('served-reports', ({ size }) => ({ text: String(size) }));
  // @ts-expect-error wrong value of a stream
  await workers.serve('served-progress', () => of('1'));
  // @ts-expect-error `undefined` arrives as `null`
  await workers.serve('served-note', (text: string | undefined) => void text);
  // @ts-expect-error no option
  await workers.serve('served-ping', () => 'pong', { instance: 'billing' });
}

export async function serveFree(): Promise<void> {
  await workers.serve('free', (data) => {
    const unknownData: unknown = data;
    return unknownData;
  });
  await workers.serve('free', ({ id }: { id: string }, job: JobContext) => id + job.id);
  await workers.serve(anyQueue, (data: number) => data * 2);
  await workers.serve<string, number>(anyQueue, (data) => data * 2);
  // @ts-expect-error no handler
  await workers.serve('free');
  // @ts-expect-error no queue
  await workers.serve(7, () => 1);
}

/** A handler may stand by itself. */
export const ping: QueueHandler<'served-ping'> = () => 'pong';
export const free: QueueHandler = (data) => data;
// @ts-expect-error wrong reply
export const wrongPing: QueueHandler<'served-ping'> = () => 'ping';

export async function ask(): Promise<Report> {
  await using reqRep = createReqRep({ connection: 'redis://localhost:6379', logger: console });
  const { client } = reqRep;
  // @ts-expect-error wrong data
  await client.request('served-reports', { id: 7 });
  return client.request('served-reports', { id: 'A7' });
}

export function constructed(): unknown[] {
  return [
    // @ts-expect-error it is made by createReqRep
    new QueueWorkers(),
    // @ts-expect-error an option of ReqRepModule alone
    createReqRep({ globalEnhancers: true }),
    // @ts-expect-error no logger
    createReqRep({ logger: { info: () => undefined } }),
  ];
}
