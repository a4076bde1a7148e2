import { describe, expect, it } from 'vitest';
import { messagesOf, shownInEditor } from './compiler.js';

const HEADER = `
import type { RequestClient } from 'nestjs-reqrep';
import { of } from 'rxjs';
import type { Mocked } from 'vitest';
declare const client: RequestClient;
declare const mock: Mocked<RequestClient>;
`;

const TEXTS = [
  `client.send<{ text: string }>('reports', { id: 7 }, { timeout: 5 }).subscribe(({ text }) => text.length);`,
  `client.send('reports', 7, { retries: 3 });`,
  `mock.send.mockReturnValue(of({ text: '' }));
   mock.request.mockImplementation(async (queue, data) => ({ queue, data }));
   mock.emit.mockImplementation((queue) => of({ id: '1', queue, queueLength: 1 }));
   mock.send.mock.calls.map(([queue, data, options]) => [queue.length, data, options?.timeout]);`,
];

describe('an application without a JobMap', { timeout: 120_000 }, () => {
  it.each(['send', 'request'])('is shown one simple signature of %s', (method) => {
    expect(shownInEditor(`${HEADER}client.${method};`, `${method};`)).toMatch(
      /^\(property\) RequestClient\.\w+: <Reply = unknown>\(queue: string, data\?: unknown, options\?: SendOptions\) => \w+<Reply>$/,
    );
  });

  it('compiles calls to any queue and mocks of the client, and is told of a wrong option in one sentence', () => {
    const [call, option, mocks] = messagesOf('unmapped', HEADER, TEXTS);
    expect(call).toBe('');
    expect(option).toBe(
      `Object literal may only specify known properties, and 'retries' does not exist in type 'SendOptions'.`,
    );
    expect(mocks).toBe('');
  });
});
