import type { DeadLetter } from '../../admin/dead-letter.js';
import { sinceText } from '../frame/duration-text.js';
import type { Output } from '../frame/output.js';
import { writeTable, type Column } from '../frame/table.js';

const COLUMNS: readonly Column<DeadLetter>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'SINCE', of: ({ at }) => sinceText(at), isNumber: true },
  { title: 'REASON', of: ({ reason }) => reason, isCut: true },
  { title: 'ATTEMPTS', of: ({ attempts }) => attempts, isNumber: true },
  { title: 'MESSAGE', of: ({ message }) => message, isCut: true },
];

/** Writes dead letters. */
export const writeDeadLetters = (letters: readonly DeadLetter[], out: Output): void =>
  writeTable(letters, COLUMNS, 'The queue has no dead letters.', out);
