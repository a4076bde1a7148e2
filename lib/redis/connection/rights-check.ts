import type { Rights } from '../../driver/rights.js';
import type { Log } from '../../telemetry/log.js';
import type { Connection } from './connection.js';
import { CONNECTION_RIGHTS } from './connection-rights.js';
import { findMissingRights } from './find-missing-rights.js';
import type { MissingRight } from './missing-rights.js';
import { tellMissingRights } from './tell-missing-rights.js';

type CheckedConnection = Pick<Connection, 'send' | 'address' | 'user'>;

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
      const missing = await findMissingRights(connection, rights, this.patternOf);
      const names = new Set(missing?.map(nameOf));
      // What is not missing any more is told again if it comes back.
      this.told = missing ? new Set([...this.told].filter((name) => names.has(name))) : this.told;
      this.tell(missing ?? [], connection);
    });
  }

  /** Checks rights that are needed from now on. */
  check(connection: CheckedConnection, rights: readonly Rights[]): Promise<void> {
    return this.inTurn(async () => {
      this.tell((await findMissingRights(connection, rights, this.patternOf)) ?? [], connection);
    });
  }

  /** Checks one after the other, so that each knows what was told before. */
  private inTurn(check: () => Promise<void>): Promise<void> {
    this.latest = this.latest.then(check);
    return this.latest;
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

const nameOf = ({ without, rules }: MissingRight): string => [without, ...rules].join(' ');
