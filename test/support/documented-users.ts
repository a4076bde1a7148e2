import { readFileSync } from 'node:fs';
import type { TestRedis } from './redis.js';

const PAGE = readFileSync(new URL('../../docs/topologies.md', import.meta.url), 'utf8');
const [, SECTION = ''] = /\n## Least rights\n([^]*?)(?:\n## |$)/.exec(PAGE) ?? [];

/** The prefix that the documented users may use. */
export const DOCUMENTED_PREFIX = 'app:';

/** Those that send or serve. An operator does neither. */
export type Role = 'requester' | 'worker';

/** @returns the ACL rules that docs/topologies.md shows for a user. */
export function documentedRules(role: Role | 'operator'): string[] {
  const [line] = new RegExp(`^ACL SETUSER ${role} .*$`, 'm').exec(SECTION) ?? [''];
  return line.split(' ').slice(3);
}

/** @returns the further ACL rules that the page names for a requester that retries and removes dead letters. */
export function deadLetterRules(): string[] {
  const [, rules = ''] = /dead letters\][^]*?\n  `([^`]*)`/.exec(SECTION) ?? [];
  return rules.split(' ');
}

/** @returns the ACL rules that the page names for an operator that only looks. */
export function lookingRules(): string[] {
  const [, rules = ''] = /only looks needs\s+`([^`]*)`/.exec(SECTION) ?? [];
  return rules.split(' ');
}

/** @returns the commands that the page says may be left out of the rules of a user. */
export function optionalCommands(role: Role): string[] {
  const rows = [...SECTION.matchAll(/^\| `([A-Z ]+)`(?: \((\w+)\))? +\|/gm)];
  const rules = documentedRules(role);
  return rows
    .filter(([, , only = role]) => only === role)
    .map(([, command = '']) => command.toLowerCase().replace(' ', '|'))
    .filter((command) => rules.includes(`+${command}`));
}

/**
 * Makes a user with the documented rights of a role.
 * @param options - its name, and a rule that it lacks.
 * @returns the URL of the server for it.
 */
export async function documentedUser(
  redis: TestRedis,
  role: Role | 'operator',
  options: { readonly name?: string; readonly without?: string } = {},
): Promise<string> {
  const { name = role, without = '' } = options;
  const rules = documentedRules(role).filter((rule) => rule !== without);
  await redis.look.call('ACL', 'SETUSER', name, 'reset', ...rules);
  return redis.url.replace('//', `//${name}:SECRET@`);
}
