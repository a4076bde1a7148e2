import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createReqRep, type CreateReqRepOptions } from '../../../lib/core/create-reqrep.js';
import { refusalBy } from '../support/thrown-by.js';

const refusal = (options: unknown) => refusalBy(() => createReqRep(options as CreateReqRepOptions));

describe('createReqRep refuses', () => {
  it.each(['workers', 'globalEnhancers', 'reqRepHttpErrors', 'isGlobal', 'name'])(
    'what is of ReqRepModule alone: %s',
    (name) => {
      const error = refusal({ [name]: true });
      expect(error.option).toBe(`${name} in the options of createReqRep`);
      expect(error.expected).toContain('one of the options connection, host, port, database');
    },
  );

  it('a misspelt option, with what is meant', () => {
    expect(refusal({ concurency: 8 }).expected).toContain('(did you mean `concurrency`?)');
  });

  it.each<[string, unknown, string]>([
    ['timeout', '5s', '"5s" (string)'],
    ['concurrency', 0, '`0` (number)'],
    ['logger', 'console', '"console" (string)'],
    ['logger', { info: () => undefined }, 'an object'],
    ['failFast', 0, '`0` (number)'],
  ])('a wrong %s', (name, value, received) => {
    const error = refusal({ [name]: value });
    expect(error.option).toBe(`${name} in the options of createReqRep`);
    expect(error.received).toBe(received);
  });

  it('options that do not fit each other', () => {
    expect(refusal({ lease: 5_000, stallLimit: 100 }).option).toBe(
      'stallLimit in the options of createReqRep',
    );
    expect(refusal({ connection: 'redis://localhost', port: 1 }).option).toBe(
      'connection in the options of createReqRep',
    );
  });

  it.each([null, 'redis://localhost', 6379])('what are no options: %s', (options) => {
    expect(refusal(options).option).toBe('the options of createReqRep');
  });
});

it('opens nothing, and shows nothing of the password', async () => {
  const before = process.getActiveResourcesInfo().length;
  const reqRep = createReqRep({ connection: 'redis://:secret@127.0.0.1:1' });
  expect(process.getActiveResourcesInfo()).toHaveLength(before);
  expect(inspect(reqRep, { depth: 10 })).not.toContain('secret');
  expect(JSON.stringify(reqRep)).toBe(
    '{"client":{"state":"idle","pending":0},"workers":{"state":"stopped","queues":[]}}',
  );
  await reqRep.close();
});
