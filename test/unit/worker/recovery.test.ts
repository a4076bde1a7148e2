import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { digestOf } from '../../../lib/worker/recovery.js';

const sha1 = (bytes: string | Buffer): string => createHash('sha1').update(bytes).digest('hex');

it('tells what lies in a slot by its digest', () => {
  expect(digestOf([])).toBe('');
  expect(digestOf([Buffer.from('job')])).toBe(sha1('job'));
  expect(digestOf([Buffer.from([0xff]), Buffer.from('job')])).toBe(
    sha1(Buffer.from('\u00ff\njob', 'latin1')),
  );
});
