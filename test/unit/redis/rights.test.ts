import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { requesterRights } from '../../../lib/client/requester-rights.js';
import type { Rights } from '../../../lib/driver/rights.js';
import { Keys } from '../../../lib/protocol/keys.js';
import { callOf } from '../../../lib/redis/connection/command-forms.js';
import { CONNECTION_RIGHTS } from '../../../lib/redis/connection/connection-rights.js';
import { workerRights } from '../../../lib/worker/worker-rights.js';

const LIB = fileURLToPath(new URL('../../../lib', import.meta.url));

const keys = new Keys();
const requester = [...CONNECTION_RIGHTS, ...requesterRights(keys.queue('jobs'), 'replies:1')];
const worker = [...CONNECTION_RIGHTS, ...workerRights([keys.queue('jobs')], '1', keys)];

const commandsIn = (rights: readonly Rights[]): string[] => [
  ...new Set(rights.flatMap(({ commands }) => commands)),
];

/** Matches the imports of operations, and in a script the commands. */
const IMPORT = /import \{([^}]*)\} from '[./]*(protocol\/operations\/[\w-]+)\.js'/g;
const COMMAND_IN_LUA = /(?:redis\.p?call\(|pastOom\([^,']*, )'([A-Z]+)'(?:, '([A-Z]+)')?/g;

/** @returns the commands of all operations that the files of a folder import, in lower case. */
async function commandsUsedBy(folder: string): Promise<string[]> {
  const files = readdirSync(join(LIB, folder), { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(LIB, folder, file), 'utf8'));
  const used = new Set<string>();
  for (const [, names = '', path = ''] of texts.flatMap((text) => [...text.matchAll(IMPORT)])) {
    const exported = (await import(join(LIB, `${path}.ts`))) as Record<string, unknown>;
    for (const name of names.split(',')) {
      commandsOf(exported[name.trim()]).forEach((command) => used.add(command));
    }
  }
  return [...used].toSorted();
}

function commandsOf(operation: unknown): string[] {
  if (typeof operation !== 'object' || operation === null) {
    return [];
  }
  if ('command' in operation) {
    // The subcommand is among its arguments.
    return operation.command === 'client' ? ['client|list'] : [String(operation.command)];
  }
  if (!('lua' in operation)) {
    return 'steps' in operation ? ['multi', 'exec', 'rename', 'rpush', 'lmove', 'lrange'] : [];
  }
  const found = [...String(operation.lua).matchAll(COMMAND_IN_LUA)];
  return [
    'eval',
    'evalsha',
    ...found.map(([, command = '', second]) =>
      (command === 'MEMORY' ? `${command}|${String(second)}` : command).toLowerCase(),
    ),
  ];
}

describe('the rights that are looked for', () => {
  it('of a requester are those of its operations', async () => {
    const used = await commandsUsedBy('client');
    // They are needed for `protocol: 1` only, which a process may never use.
    const original = ['blpop', 'pexpire'];
    expect(used.filter((command) => !commandsIn(requester).includes(command))).toEqual(original);
    expect(unusedBy(used, requester)).toEqual([]);
  });

  it('of a worker are those of its operations', async () => {
    const used = await commandsUsedBy('worker');
    expect(used.filter((command) => !commandsIn(worker).includes(command))).toEqual([]);
    expect(unusedBy(used, worker)).toEqual(['subscribe', 'client|unblock']);
  });

  it('can be asked for with the arguments that each command takes', () => {
    for (const command of [...commandsIn(requester), ...commandsIn(worker)]) {
      expect(callOf(command, 'key')?.slice(0, 1), command).toEqual([command.split('|')[0]]);
    }
    expect(callOf('blmove', 'key')).toEqual(['blmove', 'key', 'key', 'LEFT', 'LEFT', '0']);
    expect(callOf('client|list')).toEqual(['client', 'list', 'ID', '0']);
  });
});

const unusedBy = (used: readonly string[], rights: readonly Rights[]): string[] => {
  const known = new Set([...used, ...commandsIn(CONNECTION_RIGHTS)]);
  return commandsIn(rights).filter((command) => !known.has(command));
};
