import { describe, expect, it } from 'vitest';
import { messagesOf } from './compiler.js';

const HEADER = `
import { OnJob, type JobContext, type RequestClient } from 'nestjs-reqrep';
import type { QueueWorkers } from 'nestjs-reqrep/core';
declare const client: RequestClient;
declare const workers: QueueWorkers;
declare const anyQueue: string;
declare module 'nestjs-reqrep' {
  interface JobMap {
    reports: (data: { id: string }) => { text: string };
    ping: () => 'pong';
  }
}
`;

const OPEN = [
  `client.send('reports');`,
  `client.request('reports');`,
  `client.emit('reports');`,
  `client.send('reports', { id: 7 });`,
  `client.send<{ text: string }>('reports', { id: 'A7' }).subscribe();`,
  `class A { @OnJob('reports') f(id: string) { return { text: id }; } }`,
  `void workers.serve('reports', ({ id }) => ({ text: Number(id) }));`,
  `client.send('other', 7); client.send(anyQueue); client.request<number>('other'); client.emit(anyQueue, 7);
   void workers.serve('other', (data: { id: number }) => data); void workers.serve(anyQueue, () => 1);`,
];

const CLOSED = [
  `client.send('report', { id: 'A7' });`,
  `client.send<{ text: string }>('report');`,
  `client.request(anyQueue, 7);`,
  `client.emit('report');`,
  `class A { @OnJob('report') f() {} }`,
  `class A { @OnJob(anyQueue) f() {} }`,
  `void workers.serve('report', () => 1);`,
  `client.send<{ text: string }>('reports', { id: 'A7' });`,
  `client.request('reports');`,
  `client.send('reports', { id: 'A7' }); client.emit('ping'); void workers.serve('ping', () => 'pong');
   class A { @OnJob('reports') f(data: { id: string }, _job: JobContext) { return { text: data.id }; } }`,
];

describe('the compiler', { timeout: 120_000 }, () => {
  it('says what is wrong with a call to a mapped queue, and with its handler', () => {
    const [send, request, emit, data, retyped, bare, served, free] = messagesOf(
      'open',
      HEADER,
      OPEN,
    );
    for (const forgotten of [send, request, emit]) {
      expect(forgotten).toContain(`queue \\"reports\\" requires data`);
      expect(forgotten).not.toContain('No overload');
    }
    expect(data).toBe(`Type 'number' is not assignable to type 'string'.`);
    expect(retyped).toContain('omit the reply type: the JobMap defines it');
    expect(bare).toContain(
      `takes (data, job); where @JobData, @JobCtx or others fill its parameters, say { parameters: 'decorated' }`,
    );
    expect(served).toBe(`Type 'number' is not assignable to type 'string'.`);
    expect(free).toBe('');
  });

  it('knows no other queues where the names are closed', () => {
    const header = HEADER.replace(
      'interface JobMap',
      'interface ReqRepTypes { strictQueues: true }\n interface JobMap',
    );
    const [send, typed, request, emit, handler, byName, served, retyped, forgotten, right] =
      messagesOf('closed', header, CLOSED);
    expect(send).toBe(
      `Argument of type '"report"' is not assignable to parameter of type 'MappedQueue'.`,
    );
    expect(request).toBe(
      `Argument of type 'string' is not assignable to parameter of type 'MappedQueue'.`,
    );
    expect(emit).toContain(`Argument of type '"report"' is not assignable to parameter of type`);
    for (const text of [handler, byName, served]) {
      expect(text).toContain('strictQueues is on: add this queue to the JobMap');
    }
    expect(typed).not.toBe('');
    expect(retyped).toContain('omit the reply type: the JobMap defines it');
    expect(forgotten).toContain(`queue \\"reports\\" requires data`);
    expect(right).toBe('');
  });
});
