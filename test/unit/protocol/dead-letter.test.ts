import { expect, it } from 'vitest';
import {
  decodeLetter,
  decodeListedLetter,
  encodeHead,
  type LetterHead,
} from '../../../lib/protocol/wire/dead-letter.js';

const HEAD: LetterHead = {
  reason: 'failed',
  message: 'first line\nsecond line',
  worker: 'worker-1',
  attempts: 2,
  error: { name: 'TypeError', message: 'first line\nsecond line' },
};

it('a letter is read as it was written, whatever line feeds it has', () => {
  const job = ' ["a","x\\ny",{}]\n';
  expect(decodeLetter(`${encodeHead(HEAD)}\n${job}`)).toEqual({
    ...HEAD,
    error: expect.objectContaining(HEAD.error ?? {}),
    job,
  });
});

it.each(['', 'no letter', '\n', '[]\njob', '{"reason":1,"message":{},"attempts":"x"}\njob'])(
  'the letter %j, which somebody else has written, has what can be read',
  (text) => {
    expect(decodeLetter(text)).toMatchObject({
      reason: 'unreadable',
      message: 'the letter gives no reason',
      worker: '',
      attempts: undefined,
    });
  },
);

it.each(['', 'no letter', '[]', '{"job":1,"at":"x"}'])(
  'the entry %j of the list of earlier versions has what can be read',
  (text) => {
    expect(decodeListedLetter(text)).toMatchObject({ reason: 'unreadable', job: '', at: 0 });
  },
);
