import type { Rights } from '../../driver/rights.js';

/** What every connection of the library asks or tells its server. */
export const CONNECTION_RIGHTS: readonly Rights[] = [
  { without: 'the server cannot be used', commands: ['time'] },
  {
    without:
      'a replica, a server that is too old or evicts keys, and one that was replaced are not noticed',
    commands: ['info'],
    isOptional: true,
  },
  {
    without: 'a wrong database or user is not noticed, and a lost worker only after stallLimit',
    commands: ['client|info'],
    isOptional: true,
  },
  {
    without: 'what was sent on a lost connection may be carried out late',
    commands: ['client|kill'],
    isOptional: true,
  },
];
