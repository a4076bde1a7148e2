import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';
import { renewLease } from '../../../lib/protocol/operations/renew-lease.js';
import { noteRefusal } from '../../../lib/redis/operations/refused-call.js';
import { explainRefusal } from '../../../lib/driver/refusal.js';
import { digestOf } from '../../../lib/redis/operations/script.js';

const keys = new Keys('billing:');
const queue = keys.queue('reports');
const worker = queue.worker('193aa0b5-41d6-4b24-a6ae-f37b3a2a3d71');

/** An error as ioredis creates it and a connection of the library reports it. */
function refused(message: string, name: string, ...args: string[]): Error {
  const error = Object.assign(new Error(message), { name: 'ReplyError', command: { name, args } });
  noteRefusal(error, {
    address: 'localhost:6379',
    user: 'joe',
    patternOf: (key) => keys.patternOf(key),
  });
  return error;
}

const to = (rule: string): string => `Allow it: ACL SETUSER joe ${rule}`;

it.each([
  // Redis 6.2, 7.0, 7.2 and newer, and Valkey.
  "NOPERM this user has no permissions to run the 'blmove' command or its subcommand",
  "NOPERM this user has no permissions to run the 'blmove' command",
  "NOPERM User joe has no permissions to run the 'blmove' command",
])('names the command of "%s", and the rule that allows it', (message) => {
  const error = refused(message, 'blmove', queue.requests, 'slot', 'LEFT', 'LEFT', '5');
  expect(explainRefusal(error)).toBe(
    `Redis at localhost:6379 refuses user "joe" BLMOVE. ${to('+blmove')}`,
  );
});

it.each([
  "NOPERM User joe has no permissions to run the 'evalsha' command",
  "NOPERM this user has no permissions to run the 'eval' command or its subcommand",
])('allows scripts both by name and by text: "%s"', (message) => {
  const error = refused(message, 'evalsha', digestOf(renewLease.lua), '1', queue.workers);
  expect(explainRefusal(error)).toContain(to('+eval +evalsha'));
});

it('allows a subcommand alone', () => {
  const message = "NOPERM User joe has no permissions to run the 'client|kill' command";
  expect(explainRefusal(refused(message, 'client', 'KILL'))).toContain(to('+client|kill'));
});

it.each([
  'NOPERM this user has no permissions to access one of the keys used as arguments',
  'NOPERM No permissions to access a key',
  `NOPERM User joe has no permissions to access the '${queue.requests}' key`,
])('names the keys of "%s", and the pattern of all related keys', (message) => {
  expect(explainRefusal(refused(message, 'rpush', queue.requests, 'secret'))).toBe(
    `Redis at localhost:6379 refuses user "joe" RPUSH on "billing:reportsrequests". ${to('~billing:reports*')}`,
  );
  const script = refused(message, 'evalsha', 'abc', '2', queue.workers, keys.replies('c1'), 'x');
  expect(explainRefusal(script)).toContain(to('~billing:reports* ~billing:replies:*'));
  const both = refused(message, 'blmove', queue.requests, worker, 'LEFT', 'LEFT', '5');
  expect(explainRefusal(both)).toContain(to('~billing:reports*'));
});

it.each([
  'NOPERM this user has no permissions to access one of the channels used as arguments',
  'NOPERM No permissions to access a channel',
])('names the channel of "%s"', (message) => {
  expect(explainRefusal(refused(message, 'publish', queue.cancel, '["secret"]'))).toBe(
    'Redis at localhost:6379 refuses user "joe" PUBLISH on "billing:reportscancel". ' +
      to('&billing:reportscancel'),
  );
});

const line = renewLease.lua.split('\n').findIndex((text) => text.includes(`'HSET'`)) + 1;

it.each([
  `ERR Error running script (call to f_12ab): @user_script:${line}: @user_script: ${line}: The user executing the script can't run this command or subcommand `,
  `ERR The user executing the script can't run this command or subcommand script: 12ab, on @user_script:${line}.`,
  `NOPERM ACL failure in script: User joe has no permissions to run the 'hset' command script: 12ab, on @user_script:${line}.`,
])('finds the command of a script in "%s"', (message) => {
  const error = refused(message, 'evalsha', digestOf(renewLease.lua), '1', queue.workers);
  expect(explainRefusal(error)).toBe(
    `Redis at localhost:6379 refuses user "joe" HSET in a script. ${to('+hset')}`,
  );
});

it('names a key once', () => {
  const list = keys.replies('c1');
  const message = 'NOPERM No permissions to access a key';
  expect(explainRefusal(refused(message, 'blmove', list, list, 'LEFT', 'LEFT', '5'))).toContain(
    'BLMOVE on "billing:replies:c1". Allow',
  );
});

it('names all commands of a script if the server does not tell which', () => {
  const message = "ERR The user executing the script can't run this command or subcommand";
  const error = refused(message, 'eval', renewLease.lua, '1', queue.workers);
  expect(explainRefusal(error)).toContain('one of TIME, PERSIST, ');
  expect(explainRefusal(error)).toMatch(/ACL SETUSER joe \+time \+persist .*\+hset/);
});

it('explains a command that was renamed, and a key of another type', () => {
  const renamed = refused(
    `ERR unknown command 'EVAL', with args beginning with: 'return' 'secret' `,
    'eval',
    'return 1',
  );
  expect(explainRefusal(renamed)).toBe(
    'Redis at localhost:6379 does not know EVAL: it was renamed or disabled (rename-command in redis.conf). Enable it under its own name',
  );
  const wrong = 'WRONGTYPE Operation against a key holding the wrong kind of value';
  for (const message of [wrong, `${wrong} script: 12ab, on @user_script:1.`]) {
    expect(explainRefusal(refused(message, 'rpush', queue.requests, 'secret'))).toBe(
      'WRONGTYPE: Redis at localhost:6379 holds data of another type at "billing:reportsrequests" (see TYPE). Rename or delete it',
    );
  }
});

it('quotes words that redis-cli would split, and escapes patterns', () => {
  const odd = new Keys().queue('a b*');
  const error = Object.assign(new Error('NOPERM No permissions to access a key'), {
    name: 'ReplyError',
    command: { name: 'rpush', args: [odd.requests, 'x'] },
  });
  noteRefusal(error, {
    address: 'localhost:6379',
    user: 'joe',
    patternOf: (key) => new Keys().patternOf(key),
  });
  expect(explainRefusal(error)).toContain(String.raw`ACL SETUSER joe "~a b\\**"`);
});

it.each([
  ['OOM command not allowed. script: 12ab, on @user_script:3.', 'OOM command not allowed'],
  [
    'ERR Error running script (call to f_12ab): @user_script:3: -OOM command not allowed. ',
    'OOM command not allowed. ',
  ],
  ['@user_script: 3: -OOM command not allowed. ', 'OOM command not allowed. '],
  ['ERR index out of range script: 12ab, on @user_script:3.', 'ERR index out of range'],
])('omits the place in a script: %s', (message, words) => {
  expect(explainRefusal(refused(message, 'evalsha', '12ab', '0'))).toBe(words);
});

it('removes the arguments from the error', () => {
  const error = refused('NOPERM No permissions to access a key', 'eval', 'local a', '0', 'secret');
  expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('secret');
});
