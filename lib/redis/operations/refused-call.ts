import { noteRefusedCall, type RefusedCall } from '../../driver/missing-permission.js';
import { luaOf } from './script.js';

/** The connection that a call was made on. */
export interface RefusedCaller {
  readonly address: string;
  readonly user: string;
  /** @returns the glob that allows a key and the other keys that belong to it, or a channel. */
  patternOf(name: string): string;
}

/** What ioredis keeps at an error: the whole command, with the Lua of a script and the data of jobs. */
interface RefusedCommand {
  readonly name?: unknown;
  readonly args?: readonly unknown[];
}

/**
 * Notes at an error of Redis what was refused and to whom, and removes from it what was sent: it may be logged or handed to a
 * caller from then on, whoever inspects it.
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

/** Which of the arguments of a command are keys, or channels: those of the commands that the library sends. */
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
