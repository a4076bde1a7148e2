/** A call that a process has to be allowed to make. */
export interface NeededCall {
  /** As in ACL rules, such as `client|list`. */
  readonly command: string;
  /** Key or channel; `undefined` for a command without. */
  readonly name: string | undefined;
  /** What happens without it. */
  readonly without: string;
  readonly isOptional: boolean;
}

/** A needed call that is not allowed. */
export interface MissingRight extends NeededCall {
  /** ACL rules that allow it. */
  readonly rules: readonly string[];
  /** The ACL pattern of its key or channel, if that is among what is missing. */
  readonly pattern: string | undefined;
}

/** A command with one key. */
export type KeyCall = Pick<NeededCall, 'command'> & { readonly name: string };

const CHANNEL_COMMANDS: ReadonlySet<string> = new Set(['publish', 'subscribe']);

/** Commands that only read their key. A user may be allowed to read a key and not to write it. */
const READS: ReadonlySet<string> = new Set(
  (
    'exists hget hstrlen lindex llen lpos lrange memory|usage pttl type zcard zcount ' +
    'zrange zrangebyscore zscore'
  ).split(' '),
);

/** Most keys that commands are compared on. */
const MAX_COMPARED_KEYS = 20;

/**
 * @param refused - those of the needed calls that are refused.
 * @returns each command with each key: what the user may do with other keys tells which of both is refused.
 */
export function keyCallsOf(
  refused: readonly NeededCall[],
  needed: readonly NeededCall[],
): KeyCall[] {
  if (!refused.some(isOnKey)) {
    return [];
  }
  const commands = [...new Set(needed.filter(isOnKey).map(({ command }) => command))];
  const calls = [...refused, ...needed].filter(isOnKey);
  const names = [...new Set(calls.flatMap(({ name }) => name ?? []))].slice(0, MAX_COMPARED_KEYS);
  return commands.flatMap((command) => names.map((name) => ({ command, name })));
}

const isOnKey = ({ command, name }: NeededCall): boolean =>
  name !== undefined && !CHANNEL_COMMANDS.has(command);

/**
 * Finds out whether the command or its key is refused: a server says only that the two are not allowed together.
 * @param allowed - the calls of {@link keyCallsOf} that are allowed.
 */
export function missingRight(
  call: NeededCall,
  allowed: readonly KeyCall[],
  patternOf: (name: string) => string,
): MissingRight {
  const { command, name } = call;
  const commandRule = `+${command}`;
  if (name === undefined) {
    return { ...call, rules: [commandRule], pattern: undefined };
  }
  const pattern = patternOf(name);
  if (CHANNEL_COMMANDS.has(command)) {
    return { ...call, rules: [commandRule, `&${pattern}`], pattern };
  }
  const keyRule = `~${pattern}`;
  if (allowed.length === 0 || allowed.some((other) => other.command === command)) {
    return { ...call, rules: [keyRule], pattern };
  }
  const isKeyAllowed = allowed.some(
    (other) => other.name === name && READS.has(other.command) === READS.has(command),
  );
  return isKeyAllowed
    ? { ...call, rules: [commandRule], pattern: undefined }
    : { ...call, rules: [commandRule, keyRule], pattern };
}
