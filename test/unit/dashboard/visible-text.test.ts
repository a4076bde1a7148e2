import { expect, it } from 'vitest';
import { visibleText } from '../../../lib/dashboard/page/format/visible-text.js';

it.each([
  ['evil\u202etxt.exe', String.raw`evil\u202etxt.exe`],
  ['\u2066a\u2069', String.raw`\u2066a\u2069`],
  ['a\u200bb\ufeff', String.raw`a\u200bb\ufeff`],
  ['\u0000\u001b[31m\u007f', String.raw`\u0000\u001b[31m\u007f`],
  ['half \ud83d pair', String.raw`half \ud83d pair`],
  ['lines\nand\ttabs', 'lines\nand\ttabs'],
  ['Zoë 😀 שלום 漢字', 'Zoë 😀 שלום 漢字'],
])('%j', (text, visible) => {
  expect(visibleText(text)).toBe(visible);
});
