import { expect, it } from 'vitest';
import { EXIT, exitCodeOf } from '../../../lib/cli/frame/exit-codes.js';
import { NoWorkersError } from '../../../lib/errors/index.js';
import { ReplyError } from '../../../lib/memory/reply-error.js';

it.each([
  [
    'a server that cannot be reached',
    Object.assign(new Error('no'), { code: 'CONNECTION_FAILED' }),
    EXIT.noRedis,
  ],
  ['a right that is missing', new ReplyError('NOPERM no right'), EXIT.noRedis],
  ['a server without memory', new ReplyError('OOM no memory'), EXIT.noRedis],
  ['a key of another type', new ReplyError('WRONGTYPE no list'), EXIT.noRedis],
  ['a queue without workers', new NoWorkersError('q'), EXIT.noWorkers],
  ['an error of something else', new Error('no'), EXIT.failed],
  ['what is no error', 'NOPERM', EXIT.failed],
])('the exit code tells of %s', (_, error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
