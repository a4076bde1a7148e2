/** A refused call, as far as an error message may show it: without the data that was sent. */
export interface RefusedCall {
  /** Name of the command, such as `BLMOVE`. */
  readonly command: string;
  /** Keys or channels of the call. */
  readonly names: readonly string[];
  /** ACL rules that allow all its keys or channels. */
  readonly rules: readonly string[];
  /** Text of the script that it runs; `undefined` for a plain command. */
  readonly lua: string | undefined;
  /** Address of the server; `undefined` if only the error is known. */
  readonly address: string | undefined;
  /** User that the connection is authenticated as. */
  readonly user: string | undefined;
}

/** Maximum number of keys or channels that one message shows. */
const MAX_SHOWN_NAMES = 3;

const REFUSED_CALL = Symbol('nestjs-reqrep:refused-call');

/** Attaches the refused call to an error of the server. */
export function noteRefusedCall(error: Error, call: RefusedCall): void {
  // Not enumerable, so that `util.inspect` does not show it.
  Object.defineProperty(error, REFUSED_CALL, { value: () => call });
}

/** @returns the call that {@link noteRefusedCall} attached. */
export function refusedCallOf(error: Error): RefusedCall | undefined {
  const call: (() => RefusedCall) | undefined = Reflect.get(error, REFUSED_CALL);
  return call?.();
}

/** Texts of Redis for a command that the user may not run: at top level, and in a script of Redis 7.2 or newer. */
const COMMAND_DENIED = /has no permissions to run the '([^']+)' command/;
const COMMAND_IN_SCRIPT_DENIED = /can't run this command or subcommand/;
const UNKNOWN_COMMAND = /unknown (?:command|subcommand) ['`]([\w|]+)/i;
const UNKNOWN_COMMAND_TEXTS = [UNKNOWN_COMMAND, /Unknown Redis command called from( Lua)? script/i];
const KEYS_DENIED =
  /permissions? to access (?:one of the keys|a key|the '[^']*' key)|can't access at least one of the keys/i;
const CHANNELS_DENIED =
  /permissions? to access (?:one of the channels|a channel|the '[^']*' channel)|can't publish to the channel/i;

/**
 * Explains a refusal because of a missing permission (in the texts of Redis 6.2 and newer and of Valkey): the server, the user, the
 * command and the ACL rule that allows it. It also explains an unknown command.
 *
 * @returns `undefined` for any other refusal.
 */
export function explainMissingPermission(error: Error): string | undefined {
  const { message } = error;
  const call = refusedCallOf(error);
  // ioredis sends the greeting itself and handles its refusal.
  const isUnknown =
    call !== undefined &&
    !isGreeting(call) &&
    UNKNOWN_COMMAND_TEXTS.some((words) => words.test(message));
  const command = (isUnknown ? UNKNOWN_COMMAND : COMMAND_DENIED).exec(message)?.[1];
  if (command !== undefined || isUnknown || COMMAND_IN_SCRIPT_DENIED.test(message)) {
    const commands = command === undefined ? commandsAt(message, call) : [command.toUpperCase()];
    return isUnknown ? explainUnknown(commands, call) : explainCommands(commands, call);
  }
  const isKey = KEYS_DENIED.test(message);
  if (!isKey && !CHANNELS_DENIED.test(message)) {
    return undefined;
  }
  const kind = isKey ? 'keys' : 'channels';
  const { command: name = 'a command', names = [], rules = [] } = call ?? {};
  const on = names.length > 0 ? `on ${listNames(names)}` : `on its ${kind}`;
  return `${refusalOf(call)} ${name === 'EVAL' || name === 'EVALSHA' ? 'a script' : name} ${on}${advice(rules, call)}`;
}

function explainCommands(commands: readonly string[], call: RefusedCall | undefined): string {
  const within = call?.lua === undefined || isScriptCall(commands) ? '' : ' in a script';
  const rules = isScriptCall(commands)
    ? ['+eval', '+evalsha'] // a script is sent by its digest, or by its text if the server does not know the digest
    : commands.map((command) => `+${command.toLowerCase()}`);
  return `${refusalOf(call)} ${listCommands(commands)}${within}${advice(rules, call)}`;
}

const explainUnknown = (commands: readonly string[], call: RefusedCall | undefined): string =>
  `Redis${atAddress(call)} does not know ${listCommands(commands)}: it was renamed or disabled (rename-command in redis.conf). Enable it under its own name`;

const isGreeting = ({ command }: RefusedCall): boolean => ['HELLO', 'AUTH'].includes(command);

const isScriptCall = (commands: readonly string[]): boolean =>
  commands.some((command) => command === 'EVAL' || command === 'EVALSHA');

const listCommands = (commands: readonly string[]): string =>
  commands.length === 0
    ? 'a command'
    : commands.length === 1
      ? String(commands[0])
      : `one of ${commands.join(', ')}`;

const atAddress = (call: RefusedCall | undefined): string =>
  call?.address === undefined ? '' : ` at ${call.address}`;

const refusalOf = (call: RefusedCall | undefined): string =>
  `Redis${atAddress(call)} refuses ${call?.user === undefined ? 'the user' : `user "${call.user}"`}`;

const advice = (rules: readonly string[], call: RefusedCall | undefined): string =>
  rules.length === 0 ? '' : `. Allow it: ${allowanceOf(call?.user ?? 'USER', rules)}`;

/** @returns the command of `redis-cli` that allows something to a user. */
export const allowanceOf = (user: string, rules: readonly string[]): string =>
  `ACL SETUSER ${[user, ...rules].map(quoted).join(' ')}`;

/** Quotes a word for `redis-cli`. */
const quoted = (word: string): string =>
  /^[^\s"'\\]+$/.test(word) ? word : `"${word.replace(/["\\]/g, String.raw`\$&`)}"`;

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MAX_SHOWN_NAMES).map((name) => `"${name}"`);
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Matches a command in a Lua script. */
const COMMAND_IN_LUA = /(?:redis\.p?call\(|pastOom\([^,']*, )'([A-Z]+)'/g;

/** Redis 6.2 and 7.0 do not name the command but the line of the script. @returns the commands that it may be. */
function commandsAt(message: string, call: RefusedCall | undefined): string[] {
  const lua = call?.lua ?? '';
  const line = /@user_script: ?(\d+)/.exec(message)?.[1];
  const found = line === undefined ? [] : commandsIn(lua.split('\n')[Number(line) - 1] ?? '');
  return found.length > 0 ? found : commandsIn(lua);
}

const commandsIn = (lua: string): string[] => [
  ...new Set([...lua.matchAll(COMMAND_IN_LUA)].map(([, command = '']) => command)),
];

/** @returns an explanation of WRONGTYPE that names the keys; `undefined` if they are unknown. */
export function explainWrongType(error: Error): string | undefined {
  const call = refusedCallOf(error);
  if (!call || call.names.length === 0) {
    return undefined;
  }
  const [which, it] = call.names.length === 1 ? ['', 'it'] : ['one of ', 'that one'];
  return (
    `WRONGTYPE: Redis${atAddress(call)} holds data of another type at ${which}${listNames(call.names)} ` +
    `(see TYPE). Rename or delete ${it}`
  );
}
