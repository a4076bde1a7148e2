import { expect, it } from 'vitest';
import {
  codeOfRefusal,
  explainRefusal,
  isTemporary,
  meaningOfRefusal,
} from '../../../lib/driver/refusal.js';

const refusal = (message: string): Error =>
  Object.assign(new Error(message), { name: 'ReplyError' });

it.each([
  [`OOM command not allowed when used memory > 'maxmemory'.`, 'temporary'],
  ['NOREPLICAS Not enough good replicas to write.', 'temporary'],
  ['MISCONF Redis is configured to save RDB snapshots, but ...', 'temporary'],
  ['LOADING Redis is loading the dataset in memory', 'temporary'],
  ['BUSY Redis is busy running a script.', 'temporary'],
  [`READONLY You can't write against a read only replica.`, 'wrong server'],
  ['UNBLOCKED force unblock from blocking operation, instance state changed', 'wrong server'],
  ['MASTERDOWN Link with MASTER is down', 'wrong server'],
  ['MOVED 3999 127.0.0.1:6381', 'wrong server'],
  ['CLUSTERDOWN The cluster is down', 'wrong server'],
  ['ASK 3999 127.0.0.1:6381', 'temporary'],
  ['TRYAGAIN Multiple keys request during rehashing of slot', 'temporary'],
  ['NOPERM User worker has no permissions to run this command', 'permanent'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'permanent'],
  ['ERR unknown command', 'permanent'],
  ['constructor is no code', 'permanent'],
  ['', 'permanent'],
] as const)('"%s" is %s', (message, meaning) => {
  expect(meaningOfRefusal(refusal(message))).toBe(meaning);
  expect(isTemporary(refusal(message))).toBe(meaning !== 'permanent');
});

it('finds the code of an error inside a script, as Redis 6.2 and 7 write it', () => {
  const old = `ERR Error running script (call to f_12ab): @user_script:3: -OOM command not allowed when used memory > 'maxmemory'. `;
  const spaced = `ERR Error running script (call to f_12ab): @user_script: 3: -READONLY You can't write against a read only replica.`;
  const recent = `OOM command not allowed when used memory > 'maxmemory'. script: 12ab, on @user_script:3.`;
  const twice = `ERR Error running script (call to f_12ab): @user_script:3: @user_script: 3: -MISCONF Redis is configured to save RDB snapshots`;
  const returned = `@user_script: 3: -NOREPLICAS Not enough good replicas to write.`;
  const texts = [old, spaced, recent, twice, returned];
  expect(texts.map((text) => codeOfRefusal(refusal(text)))).toEqual([
    'OOM',
    'READONLY',
    'OOM',
    'MISCONF',
    'NOREPLICAS',
  ]);
});

it.each([
  ['OOM command not allowed when used memory > maxmemory.', 'temporary'],
  ['NOREPLICAS Not enough good replicas to write.', 'temporary'],
  [`READONLY You can't write against a read only replica.`, 'wrong server'],
  ['NOPERM no permissions', 'permanent'],
] as const)(
  'a transaction that is given up because of "%s" is refused for that',
  (why, meaning) => {
    const message = `EXECABORT Transaction discarded because of: ${why}`;
    expect(meaningOfRefusal(refusal(message))).toBe(meaning);
  },
);

it('an aborted transaction without an inner code is explained by its text', () => {
  const message = 'EXECABORT Transaction discarded because of previous errors.';
  expect(codeOfRefusal(refusal(message))).toBe('EXECABORT');
});

it.each([new Error('Connection is closed.'), 'READONLY', undefined, null])(
  '%s is no refusal',
  (error) => {
    expect(meaningOfRefusal(error)).toBeUndefined();
    expect(isTemporary(error)).toBe(false);
  },
);

it.each([
  [`CROSSSLOT Keys in request don't hash to the same slot`, /^CROSSSLOT: .* names no Cluster$/],
  ['MOVED 3999 127.0.0.1:6381', /^MOVED: another node of the Cluster/],
  ['ASK 3999 127.0.0.1:6381', /^ASK: the slot is being moved to another node/],
  ['CLUSTERDOWN The cluster is down', /^CLUSTERDOWN The cluster is down$/],
])('explains "%s", which comes from a Cluster', (message, explained) => {
  expect(explainRefusal(refusal(message))).toMatch(explained);
});

it.each([
  `ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'someone' 'hunter2' `,
  'ERR unknown command `AUTH`, with args beginning with: `hunter2`, \n`more`, ',
])('omits the arguments: %s', (message) => {
  const explained = explainRefusal(refusal(message));
  expect(explained).toMatch(/^ERR unknown command .(HELLO|AUTH).$/);
});

it('keeps other texts', () => {
  expect(explainRefusal(refusal('NOPERM no permissions'))).toBe('NOPERM no permissions');
});
