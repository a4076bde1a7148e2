import { allowanceOf } from '../../driver/missing-permission.js';
import type { MissingRight } from './missing-rights.js';

/** @returns a log line with what is missing, what does not work without it, and the rules that allow it. */
export function tellMissingRights(
  missing: readonly MissingRight[],
  address: string,
  user: string,
): string {
  const purposes = groupBy(missing, ({ without }) => without);
  const effects = [...purposes].map(([without, those]) => `${without} (${refusedIn(those)})`);
  const rules = [...new Set(missing.flatMap((each) => each.rules))];
  return (
    `User "${user}" lacks rights on Redis at ${address}: ${effects.join('; ')}. ` +
    `Allow them: ${allowanceOf(user, rules)}` +
    (rules.includes('+eval') ? '. Other rights can only be checked with these' : '')
  );
}

/** @returns what is refused: commands, commands on the patterns of keys or channels, and keys on which nothing is allowed. */
export function refusedIn(missing: readonly MissingRight[]): string {
  const keys = new Set(
    missing.flatMap(({ pattern, rules }) => (rules.length === 1 && pattern) || []),
  );
  const commands = missing.filter(
    ({ pattern, rules }) => rules.length > 1 || pattern === undefined,
  );
  const byPattern = groupBy(commands, ({ pattern }) => pattern);
  const parts = [...byPattern].map(([pattern, those]) => {
    const names = new Set(those.map(({ command }) => command.toUpperCase().replace('|', ' ')));
    return [...names].join(', ') + (pattern === undefined ? '' : ` on ${pattern}`);
  });
  return [...parts, ...(keys.size > 0 ? [`keys ${[...keys].join(', ')}`] : [])].join(', ');
}

/** As `Map.groupBy`, which Node has from version 21 on. */
export function groupBy<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
