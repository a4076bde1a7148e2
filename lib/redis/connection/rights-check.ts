import { codeOfRefusal, isRefusal } from '../../driver/refusal.js';
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

type CheckedConnection = Pick<Connection, 'send' | 'address' | 'user'>;

const SCRIPT_COMMANDS: ReadonlySet<string> = new Set(['eval', 'evalsha']);

/** Most calls that one check asks for: a process may serve hundreds of queues. What is missing beyond is said when it is refused. */
const MAX_CALLS = 500;

/** Looks, after each connect, whether the user may do all that this process needs, and logs once what is missing. */
export class RightsCheck {
  private readonly needs = new Set<readonly Rights[]>();
  /** What was logged and is still missing. */
  private told = new Set<string>();
  private latest: Promise<void> = Promise.resolve();

  /** @param patternOf - returns the ACL pattern for a key or channel. */
  constructor(
    private readonly log: Log,
    private readonly patternOf: (name: string) => string,
  ) {}

  /** @returns a function that removes them. */
  add(rights: readonly Rights[]): () => void {
    this.needs.add(rights);
    return () => this.needs.delete(rights);
  }

  /** Checks all rights that are needed. Never rejects: where the connection is lost, the next one is checked. */
  checkAll(connection: CheckedConnection): Promise<void> {
    const rights = this.needs.size === 0 ? [] : [CONNECTION_RIGHTS, ...this.needs].flat();
    return this.inTurn(async () => {
      const missing = await this.missing(connection, rights);
      const names = new Set(missing?.map(nameOf));
      // What is not missing any more is told again if it comes back.
      this.told = missing ? new Set([...this.told].filter((name) => names.has(name))) : this.told;
      this.tell(missing ?? [], connection);
    });
  }

  /** Checks rights that are needed from now on. */
  check(connection: CheckedConnection, rights: readonly Rights[]): Promise<void> {
    return this.inTurn(async () => {
      this.tell((await this.missing(connection, rights)) ?? [], connection);
    });
  }

  /** Checks one after the other, so that each knows what was told before. */
  private inTurn(check: () => Promise<void>): Promise<void> {
    this.latest = this.latest.then(check);
    return this.latest;
  }

  /** @returns `undefined` where that could not be found out. */
  private async missing(
    connection: CheckedConnection,
    rights: readonly Rights[],
  ): Promise<MissingRight[] | undefined> {
    const needed = rights.flatMap(callsFor).slice(0, MAX_CALLS);
    try {
      return await this.missingAmong(connection, needed);
    } catch (error) {
      if (!isRefusal(error) || codeOfRefusal(error) !== 'NOPERM') {
        return undefined;
      }
      return needed
        .filter(({ command }) => SCRIPT_COMMANDS.has(command))
        .map((call) => missingRight(call, [], this.patternOf));
    }
  }

  /** @throws the refusal of a user that may not run scripts; the error of a lost connection. */
  private async missingAmong(
    connection: CheckedConnection,
    needed: readonly NeededCall[],
  ): Promise<MissingRight[]> {
    const refused = await this.refusedOf(connection, needed);
    const others = keyCallsOf(refused, needed);
    const refusedOthers = new Set(await this.refusedOf(connection, others));
    const allowed = others.filter((call) => !refusedOthers.has(call));
    return refused.map((call) => missingRight(call, allowed, this.patternOf));
  }

  /** @returns the calls that the user may not make; none where the server cannot tell. */
  private async refusedOf<Each extends Pick<NeededCall, 'command' | 'name'>>(
    connection: CheckedConnection,
    calls: readonly Each[],
  ): Promise<Each[]> {
    if (calls.length === 0) {
      return [];
    }
    const asked = calls.map(({ command, name }) => JSON.stringify(callOf(command, name)));
    const answer = await connection.send((redis) => redis.eval(LUA, 0, ...asked));
    return Array.isArray(answer) ? calls.filter((_, index) => answer[index] === 0) : [];
  }

  private tell(missing: readonly MissingRight[], { address, user }: CheckedConnection): void {
    const news = missing.filter((each) => !this.told.has(nameOf(each)));
    if (news.length > 0) {
      news.forEach((each) => this.told.add(nameOf(each)));
      const text = tellMissingRights(news, address, user);
      this.log[news.every(({ isOptional }) => isOptional) ? 'warn' : 'error'](text);
    }
  }
}

const callsFor = ({ commands, on, without, isOptional = false }: Rights): NeededCall[] =>
  commands.flatMap((command) =>
    (on ?? [undefined]).map((name) => ({ command, name, without, isOptional })),
  );

const nameOf = ({ without, rules }: MissingRight): string => [without, ...rules].join(' ');
