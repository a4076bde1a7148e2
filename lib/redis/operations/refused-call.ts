import { noteRefusedCall, type RefusedCall } from '../../driver/missing-permission.js';
import { luaOf } from './script.js';

/** The connection of a refused call. */
export interface RefusedCaller {
  readonly address: string;
  readonly user: string;
  /** @returns the ACL pattern for a key and related keys, or for a channel. */
  patternOf(name: string): string;
}

/** The command that ioredis attaches to an error, with the text of a script and the data of jobs. */
interface RefusedCommand {
  readonly name?: unknown;
  readonly args?: readonly unknown[];
}

/**
 * Attaches the refused call to an error of Redis, and removes the arguments, so that the error may be logged or passed to a
 * caller.
 */
export function noteRefusal(error: Error, caller: RefusedCaller): void {
  const command: RefusedCommand = Reflect.get(error, 'command') ?? {};
  const name = String(command.name ?? '').toLowerCase();
  noteRefusedCall(error, describeCall(name, command, caller));
  Object.assign(error, { command: { name } });
}

function describeCall(
  name: string,
  { args = [] }: RefusedCommand,
  { address, user, patternOf }: RefusedCaller,
): RefusedCall {
  const texts = [...new Set(namesIn(name, args).map(String))];
  const sign = CHANNEL_COMMANDS.has(name) ? '&' : '~';
  const rules = texts.map((text) => sign + patternOf(text));
  return {
    command: name.toUpperCase(),
    names: texts,
    rules: [...new Set(rules)],
    lua:
      name === 'eval' ? String(args[0]) : name === 'evalsha' ? luaOf(String(args[0])) : undefined,
    address,
    user,
  };
}

const CHANNEL_COMMANDS: ReadonlySet<string> = new Set(['publish', 'subscribe']);

/** @returns the arguments that are keys or channels, for the commands that the library sends. */
function namesIn(name: string, args: readonly unknown[]): readonly unknown[] {
  switch (name) {
    case 'eval':
    case 'evalsha':
      return args.slice(2, 2 + Number(args[1]));
    case 'blmove':
    case 'lmove':
    case 'rename':
      return args.slice(0, 2);
    case 'blpop':
      return args.slice(0, -1);
    case 'del':
    case 'subscribe':
      return args;
    case 'rpush':
    case 'llen':
    case 'lrange':
    case 'ltrim':
    case 'lindex':
    case 'pexpire':
    case 'publish':
      return args.slice(0, 1);
    default:
      return [];
  }
}
