/** Compiled by `npm run typecheck`: each `@ts-expect-error` fails there when what stands under it is no error any more. */
import {
  Injectable,
  ParseIntPipe,
  UsePipes,
  ValidationPipe,
  createParamDecorator,
  type INestApplicationContext,
} from '@nestjs/common';
import {
  JobContext,
  JobCtx,
  JobData,
  OnJob,
  ReplyWorkers,
  RequestClient,
  type MappedQueue,
  type PushReceipt,
  type ReplyOf,
  type SendCall,
} from 'nestjs-reqrep';
import { MemoryQueues } from 'nestjs-reqrep/testing';
import { EMPTY, of, type Observable } from 'rxjs';

interface Report {
  readonly text: string;
}

declare module 'nestjs-reqrep' {
  interface JobMap {
    'typed-reports': (data: { id: string; pages?: number }) => Report;
    'typed-progress': (data: { id: string }) => Observable<number>;
    'typed-lines': (data: { id: string }) => Promise<AsyncIterable<string>>;
    'typed-ping': () => Promise<'pong'>;
    'typed-note': (text?: string) => void;
    'typed-pages': () => Generator<number>;
    'typed-either': (data: { id: string }) => Observable<number> | number;
    'typed-order': (data: { amount: string }) => number;
    'typed-options': (data: { id?: string; size?: number }) => number;
    'typed-square': (data: number) => number;
    'typed-place': (data: { queue: string }) => number;
  }
}

declare const client: RequestClient;
declare const anyQueue: string;

export function send(): Observable<unknown>[] {
  const report: Observable<Report> = client.send('typed-reports', { id: 'A7' });
  const progress: Observable<number> = client.send('typed-progress', { id: 'A7' });
  const lines: Observable<string> = client.send('typed-lines', { id: 'A7' }, { timeout: 5 });
  const pong: Observable<'pong'> = client.send('typed-ping');
  const pages: Observable<number> = client.send('typed-pages');
  const nothing: Observable<void> = client.send('typed-note');
  client.send('typed-note', 'text');

  // @ts-expect-error wrong data
  client.send('typed-reports', { id: 7 });
  // @ts-expect-error no data
  client.send('typed-reports');
  // @ts-expect-error data that is not there
  client.send('typed-reports', { id: 'A7', size: 1 });
  // @ts-expect-error wrong reply
  const wrong: Observable<number> = client.send('typed-reports', { id: 'A7' });
  // @ts-expect-error wrong value of a stream
  const wrongValue: Observable<string> = client.send('typed-progress', { id: 'A7' });
  // @ts-expect-error wrong options
  client.send('typed-reports', { id: 'A7' }, { timeout: 'long' });

  // @ts-expect-error a type for a reply that the map knows
  const retyped: Observable<Report> = client.send<Report>('typed-reports', { id: 'A7' });
  // @ts-expect-error and it checks no data, so that it can't be used for anything else either
  client.send<Report>('typed-reports', { id: 7 }).subscribe();
  const either: Observable<number> = client.send('typed-either', { id: 'A7' });

  const free: Observable<unknown> = client.send('free', { anything: 1 });
  const chosen: Observable<Report> = client.send<Report>('free', 7, { timeout: 5 });
  const byName: Observable<unknown> = client.send(anyQueue, 7);
  const free2: Observable<string> = client.send<string>('free');
  const expected: Observable<Report> = client.send('free', 7);
  // @ts-expect-error no queue
  client.send(7);
  return [
    report,
    progress,
    lines,
    pong,
    pages,
    nothing,
    wrong,
    wrongValue,
    retyped,
    either,
    free,
    chosen,
    free2,
    expected,
    byName,
  ];
}

export async function request(): Promise<unknown[]> {
  const report: Report = await client.request('typed-reports', { id: 'A7' });
  const progress: number = await client.request('typed-progress', { id: 'A7' });
  const pong: 'pong' = await client.request('typed-ping');
  const free: Report = await client.request<Report>('free', 7, { timeout: 5 });
  const byName: unknown = await client.request(anyQueue);
  // @ts-expect-error wrong data
  await client.request('typed-reports', { id: 7 });
  // @ts-expect-error no data
  await client.request('typed-reports');
  // @ts-expect-error wrong reply
  const wrong: number = await client.request('typed-reports', { id: 'A7' });
  // @ts-expect-error a type for a reply that the map knows
  const retyped: Report = await client.request<Report>('typed-reports', { id: 'A7' });
  // @ts-expect-error no option
  await client.request('free', 7, { retries: 3 });
  return [report, progress, pong, free, byName, wrong, retyped];
}

/** What tests put in their place. */
export const doubles = [
  { send: () => of({ text: '' }) } as Partial<RequestClient>,
  { request: async () => ({ text: '' }) } as Partial<RequestClient>,
  { send: () => EMPTY, emit: () => EMPTY } satisfies Pick<RequestClient, 'send' | 'emit'>,
  { queue: 'typed-reports', attempt: 2 } as JobContext,
];

/** An object with all members of a context is one. */
export const context: JobContext = {
  id: 'job-1',
  queue: 'typed-reports',
  headers: {},
  attempt: 1,
  pushedAt: undefined,
  deadline: undefined,
  timeLeft: () => Infinity,
  signal: new AbortController().signal,
  toJSON: () => ({}),
};

export function constructors(): unknown[] {
  return [
    // @ts-expect-error it is made by the module
    new RequestClient(),
    // @ts-expect-error whatever it is given
    new RequestClient({}),
    // @ts-expect-error it is made by the module
    new ReplyWorkers(),
    // @ts-expect-error it is made by the worker
    new JobContext(),
    // @ts-expect-error whatever it is given
    new JobContext('queue'),
    // @ts-expect-error it is made by useMemoryQueues
    new MemoryQueues(),
  ];
}

export function injected(app: INestApplicationContext): Observable<unknown> {
  // @ts-expect-error it is found by its type, which would be `any` if nobody could construct it
  app.get(RequestClient).receive('free');
  return app.get(RequestClient).send('free');
}

export function emit(): Observable<PushReceipt> {
  client.emit('free', { anything: 1 });
  client.emit(anyQueue);
  client.emit('typed-ping');
  // @ts-expect-error wrong data
  client.emit('typed-reports', { id: 7 });
  // @ts-expect-error no data
  client.emit('typed-reports');
  return client.emit('typed-reports', { id: 'A7' }, { headers: {} });
}

/** What an application makes of it. */
export const ask = <Queue extends MappedQueue>(
  queue: Queue,
  ...call: SendCall<Queue>
): Observable<ReplyOf<Queue>> => client.send(queue, ...call);

const Tenant = createParamDecorator(() => 'tenant');

class Order {
  readonly amount: string = '';

  double(): number {
    return Number(this.amount) * 2;
  }
}

@Injectable()
export class Handlers {
  @OnJob('typed-reports')
  value(data: { id: string }): Report {
    return { text: data.id };
  }

  @OnJob('typed-reports', { instance: 'other' })
  async promise({ id }: { id: string }, job: JobContext): Promise<Report> {
    return { text: `${id} ${job.attempt}` };
  }

  @OnJob('typed-reports')
  observable(): Observable<Report> {
    return of({ text: '' });
  }

  @OnJob('typed-lines')
  async *generator(): AsyncGenerator<string> {
    yield 'line';
  }

  @OnJob('typed-pages')
  *pages(): Generator<number> {
    yield 1;
  }

  @OnJob('typed-reports', { parameters: 'decorated' })
  property(@JobData('id') id: string, @JobCtx() job: JobContext): Report {
    return { text: `${id} ${job.id}` };
  }

  @OnJob('typed-reports', { parameters: 'decorated' })
  context(@JobCtx() job: JobContext): Report {
    return { text: job.queue };
  }

  @OnJob('typed-reports', { parameters: 'decorated' })
  custom(@Tenant() tenant: Set<string>, @JobData() data: { id: string }): Report {
    return { text: `${tenant.size} ${data.id}` };
  }

  @OnJob('typed-reports')
  @OnJob('free')
  @OnJob('typed-reports')
  stacked(data: { id: string }): Report {
    return { text: data.id };
  }

  @UsePipes(new ValidationPipe({ transform: true }))
  @OnJob('typed-order')
  withMethods(order: Order): number {
    return order.double();
  }

  @OnJob('typed-order', { parameters: 'decorated' })
  piped(@JobData('amount', ParseIntPipe) amount: number): number {
    return amount;
  }

  @OnJob<string>('typed-order')
  unchecked(data: Map<string, Date>): number {
    return data.size;
  }

  @OnJob('typed-note')
  leftOut(text: string | null): void {
    this.wrongReply({ id: text ?? '' });
  }

  @OnJob('typed-ping')
  nothing(_data: null, _job: JobContext): 'pong' {
    return 'pong';
  }

  @OnJob('typed-ping')
  async ping(): Promise<'pong'> {
    return 'pong';
  }

  @OnJob('free')
  free(data: Set<number>): number {
    return data.size;
  }

  // @ts-expect-error wrong data
  @OnJob('typed-reports')
  wrongData(data: { id: number }): Report {
    return { text: String(data.id) };
  }

  // @ts-expect-error wrong data, with a context
  @OnJob('typed-reports')
  wrongDataAndContext(data: { name: string }, job: JobContext): Report {
    return { text: data.name + job.id };
  }

  @OnJob('typed-square')
  defaulted(data = 7, { attempt }: Pick<JobContext, 'attempt'>): number {
    return data * attempt;
  }

  @OnJob('typed-square')
  rest(...args: unknown[]): number {
    return args.length;
  }

  // @ts-expect-error a property, without a word of its decorator
  @OnJob('typed-reports')
  bareProperty(id: string): Report {
    return { text: id };
  }

  // @ts-expect-error the same, with a context
  @OnJob('typed-reports')
  barePropertyAndContext(id: string, job: JobContext): Report {
    return { text: id + job.id };
  }

  // @ts-expect-error a text where all of the data is optional
  @OnJob('typed-options')
  bareText(id: string): number {
    return id.length;
  }

  // @ts-expect-error a context in the place of the data
  @OnJob('typed-reports')
  bareContext(job: JobContext): Report {
    return { text: job.queue };
  }

  // @ts-expect-error the same, where it has what the data has
  @OnJob('typed-place')
  contextLikeData(job: JobContext): number {
    return job.attempt;
  }

  // @ts-expect-error no context
  @OnJob('typed-reports')
  noContext(data: { id: string }, page: number): Report {
    return { text: data.id + page };
  }

  // @ts-expect-error more than there is
  @OnJob('typed-reports')
  third(data: { id: string }, _job: JobContext, page: number): Report {
    return { text: data.id + page };
  }

  // @ts-expect-error decorated, with what is no part of the data
  @OnJob('typed-reports', { parameters: 'decorated' })
  wrongPart(@JobData('id') id: Map<string, string>): Report {
    return { text: String(id.size) };
  }

  // @ts-expect-error no option, with decorated parameters
  @OnJob('typed-reports', { parameters: 'decorated', concurency: 8 })
  misspelt(@JobData('id') id: string): Report {
    return { text: id };
  }

  // @ts-expect-error wrong reply
  @OnJob('typed-reports')
  wrongReply(data: { id: string }): string {
    return data.id;
  }

  // @ts-expect-error wrong value of a stream
  @OnJob('typed-progress')
  wrongValue(): Observable<string> {
    return of('half');
  }
}
