import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createReqRep, type CreateReqRepOptions } from '../../../lib/core/create-reqrep.js';
import { refusalBy } from '../support/thrown-by.js';

const refusal = (options: unknown) => refusalBy(() => createReqRep(options as CreateReqRepOptions));

describe('createReqRep rejects', () => {
  it.each(['workers', 'globalEnhancers', 'reqRepHttpErrors', 'isGlobal', 'name'])(
    'the option %s, which only ReqRepModule has',
    (name) => {
      const error = refusal({ [name]: true });
      expect(error.option).toBe(`${name} in the options of createReqRep`);
      expect(error.expected).toContain('one of the options connection, host, port, database');
    },
  );

  it('a misspelled option, and suggests the right one', () => {
    expect(refusal({ concurency: 8 }).expected).toContain('(did you mean `concurrency`?)');
  });

  it.each<[string, unknown, string]>([
    ['timeout', '5s', '"5s" (string)'],
    ['concurrency', 0, '`0` (number)'],
    ['logger', 'console', '"console" (string)'],
    ['logger', { info: () => undefined }, 'an object'],
    ['failFast', 0, '`0` (number)'],
  ])('a wrong value of %s', (name, value, received) => {
    const error = refusal({ [name]: value });
    expect(error.option).toBe(`${name} in the options of createReqRep`);
    expect(error.received).toBe(received);
  });

  it('options that contradict each other', () => {
    expect(refusal({ lease: 5_000, stallLimit: 100 }).option).toBe(
      'stallLimit in the options of createReqRep',
    );
    expect(refusal({ connection: 'redis://localhost', port: 1 }).option).toBe(
      'connection in the options of createReqRep',
    );
  });

  it.each([null, 'redis://localhost', 6379])('%s instead of an object of options', (options) => {
    expect(refusal(options).option).toBe('the options of createReqRep');
  });
});

it('createReqRep opens no connection, and its result does not show the password', async () => {
  const before = process.getActiveResourcesInfo().length;
  const reqRep = createReqRep({ connection: 'redis://:secret@127.0.0.1:1' });
  expect(process.getActiveResourcesInfo()).toHaveLength(before);
  expect(inspect(reqRep, { depth: 10 })).not.toContain('secret');
  expect(JSON.stringify(reqRep)).toBe(
    '{"client":{"state":"idle","pending":0},"workers":{"state":"stopped","queues":[]},"admin":{}}',
  );
  await reqRep.close();
});
