import { codeOfRefusal, isRefusal } from '../../driver/refusal.js';
import type { Rights } from '../../driver/rights.js';
import { callOf } from './command-forms.js';
import { keyCallsOf, missingRight, type MissingRight, type NeededCall } from './missing-rights.js';
import type { Send } from './send.js';

/** What the calls are asked over. */
interface Asked {
  send: Send;
}

/**
 * Lua: asks for each call, a JSON array, whether the user may make it. `false` where the server cannot tell (before Redis 7.0).
 * Nothing is run, and nothing gets into `ACL LOG`.
 */
const LUA = `
if not redis.acl_check_cmd then return false end
local allowed = {}
for i, call in ipairs(ARGV) do
  local isKnown, isAllowed = pcall(redis.acl_check_cmd, unpack(cjson.decode(call)))
  -- A command may be unknown because it was renamed: that is said when it is used.
  allowed[i] = (isAllowed or not isKnown) and 1 or 0
end
return allowed
`;

const SCRIPT_COMMANDS: ReadonlySet<string> = new Set(['eval', 'evalsha']);

/** Most calls that one check asks for: a process may serve hundreds of queues. What is missing beyond is said when it is refused. */
const MAX_CALLS = 500;

/**
 * Asks the server which rights its user lacks.
 * @param patternOf - returns the ACL pattern for a key or channel.
 * @returns `undefined` where that could not be found out: the connection was lost. None where the server cannot tell (before Redis 7.0).
 */
export async function findMissingRights(
  connection: Asked,
  rights: readonly Rights[],
  patternOf: (name: string) => string,
): Promise<MissingRight[] | undefined> {
  const needed = rights.flatMap(callsFor).slice(0, MAX_CALLS);
  try {
    return await missingAmong(connection, needed, patternOf);
  } catch (error) {
    if (!isRefusal(error) || codeOfRefusal(error) !== 'NOPERM') {
      return undefined;
    }
    return needed
      .filter(({ command }) => SCRIPT_COMMANDS.has(command))
      .map((call) => missingRight(call, [], patternOf));
  }
}

/** @returns whether the server can be asked for rights. @throws as a script does. */
export const tellsRights = async (connection: Asked): Promise<boolean> =>
  (await connection.send((redis) => redis.eval('return redis.acl_check_cmd and 1 or 0', 0))) === 1;

/** @throws the refusal of a user that may not run scripts; the error of a lost connection. */
async function missingAmong(
  connection: Asked,
  needed: readonly NeededCall[],
  patternOf: (name: string) => string,
): Promise<MissingRight[]> {
  const refused = await refusedOf(connection, needed);
  const others = keyCallsOf(refused, needed);
  const refusedOthers = new Set(await refusedOf(connection, others));
  const allowed = others.filter((call) => !refusedOthers.has(call));
  return refused.map((call) => missingRight(call, allowed, patternOf));
}

/** @returns the calls that the user may not make; none where the server cannot tell. */
async function refusedOf<Each extends Pick<NeededCall, 'command' | 'name'>>(
  connection: Asked,
  calls: readonly Each[],
): Promise<Each[]> {
  if (calls.length === 0) {
    return [];
  }
  const asked = calls.map(({ command, name }) => JSON.stringify(callOf(command, name)));
  const answer = await connection.send((redis) => redis.eval(LUA, 0, ...asked));
  return Array.isArray(answer) ? calls.filter((_, index) => answer[index] === 0) : [];
}

const callsFor = ({ commands, on, without, isOptional = false }: Rights): NeededCall[] =>
  commands.flatMap((command) =>
    (on ?? [undefined]).map((name) => ({ command, name, without, isOptional })),
  );
