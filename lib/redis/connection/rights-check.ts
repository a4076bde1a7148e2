import { explainMissingPermission } from '../../driver/missing-permission.js';
import { isRefusal } from '../../driver/refusal.js';
import type { Rights } from '../../driver/rights.js';
import type { Log } from '../../telemetry/log.js';
import { callOf } from './command-forms.js';
import type { Connection } from './connection.js';
import { CONNECTION_RIGHTS } from './connection-rights.js';
import { keyCallsOf, missingRight, type MissingRight, type NeededCall } from './missing-rights.js';
import { tellMissingRights } from './tell-missing-rights.js';

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

/** Looks, after each connect, whether the user may do all that this process needs, and logs once what is missing. */
export class RightsCheck {
  private readonly byRole = new Map<string, readonly Rights[]>();
  /** What was logged and is still missing. */
  private told: ReadonlySet<string> = new Set();

  /** @param patternOf - returns the ACL pattern for a key or channel. */
  constructor(
    private readonly log: Log,
    private readonly patternOf: (name: string) => string,
  ) {}

  add(role: string, rights: readonly Rights[]): void {
    this.byRole.set(role, rights);
  }

  /** Never rejects: where the connection is lost, the next one is checked. */
  async check(connection: Pick<Connection, 'send' | 'address' | 'user'>): Promise<void> {
    if (this.byRole.size === 0) {
      return;
    }
    const needed = [CONNECTION_RIGHTS, ...this.byRole.values()].flat().flatMap(callsFor);
    try {
      const refused = await this.refusedOf(connection, needed);
      const others = keyCallsOf(refused.length > 0 ? needed : []);
      const refusedOthers = new Set(await this.refusedOf(connection, others));
      const allowedOthers = others.filter((call) => !refusedOthers.has(call));
      const { patternOf } = this;
      this.tell(
        refused.map((call) => missingRight(call, allowedOthers, patternOf)),
        connection,
        true,
      );
    } catch (error) {
      if (isRefusal(error) && explainMissingPermission(error) !== undefined) {
        const scripts = needed.filter(({ command }) => /^eval(sha)?$/.test(command));
        this.tell(
          scripts.map((call) => missingRight(call, [], this.patternOf)),
          connection,
          false,
        );
      }
    }
  }

  /** @returns the calls that the user may not make; none where the server cannot tell. */
  private async refusedOf<Each extends Pick<NeededCall, 'command' | 'name'>>(
    connection: Pick<Connection, 'send'>,
    calls: readonly Each[],
  ): Promise<Each[]> {
    if (calls.length === 0) {
      return [];
    }
    const asked = calls.map(({ command, name }) => JSON.stringify(callOf(command, name)));
    const answer = await connection.send((redis) => redis.eval(LUA, 0, ...asked));
    return Array.isArray(answer) ? calls.filter((_, index) => answer[index] === 0) : [];
  }

  private tell(
    missing: readonly MissingRight[],
    { address, user }: Pick<Connection, 'address' | 'user'>,
    isComplete: boolean,
  ): void {
    const isNew = (each: MissingRight): boolean => !this.told.has(nameOf(each));
    const news = missing.filter(isNew);
    this.told = new Set(missing.map(nameOf));
    if (news.length > 0) {
      const text = tellMissingRights(news, address, user, isComplete);
      this.log[news.every(({ isOptional }) => isOptional) ? 'warn' : 'error'](text);
    }
  }
}

const callsFor = ({ commands, on, without, isOptional = false }: Rights): NeededCall[] =>
  commands.flatMap((command) =>
    (on ?? [undefined]).map((name) => ({ command, name, without, isOptional })),
  );

const nameOf = ({ without, rules }: MissingRight): string => [without, ...rules].join(' ');
