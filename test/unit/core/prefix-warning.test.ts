import { expect, it } from 'vitest';
import { prefixWarning } from '../../../lib/core/prefix-warning.js';

it.each([
  '',
  'billing:',
  'billing.',
  'billing-',
  'billing_',
  'billing/',
  '{billing}',
  'a b ',
  ':',
  '·',
])('the prefix "%s" causes no warning', (prefix) => {
  expect(prefixWarning(prefix)).toBeUndefined();
});

it.each(['billing', 'v1', 'a:b', 'café', 'cafe\u0301', '請求', 'x'.repeat(10_000)])(
  'the warning for the prefix "%s" names the shared queue and a better prefix',
  (prefix) => {
    const text = prefixWarning(prefix);
    expect(text).toContain(`The prefix "${prefix}" does not end in a separator`);
    expect(text).toContain(
      `is also the queue "${prefix}reports" of an application without a prefix`,
    );
    expect(text).toContain(`Change it to "${prefix}:"`);
    expect(text).not.toContain('\n');
  },
);

it('a line break in a prefix is escaped', () => {
  expect(prefixWarning('a\nb')).toContain('"a\\nb"');
});
