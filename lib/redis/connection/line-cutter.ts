import { parseClientLine, type LineIdentity } from '../../protocol/wire/line-identity.js';
import type { Send } from './send.js';
import type { ServerFacts } from './server-facts.js';

/** Makes a server end other connections than the one that asks, or their blocking calls. */
export class LineCutter {
  /** @param server - the one that is asked; `undefined` where it does not tell which one it is. */
  constructor(
    private readonly send: Send,
    private readonly server: () => ServerFacts | undefined,
  ) {}

  /**
   * Makes the server close another connection, unless nothing proves that it is the one: a server that restarts counts its ids
   * anew, so that what was known by an id may be anybody's.
   * @returns whether the server has forgotten it for sure.
   */
  async cut(identity: LineIdentity): Promise<boolean> {
    const found = await this.find(identity);
    if (found === 'there') {
      const { id, address } = identity;
      await this.send((redis) => redis.call('CLIENT', 'KILL', 'ID', id, 'ADDR', address));
    }
    return found !== 'unknown';
  }

  /** Ends the blocking call of another connection as the timeout of the call would, unless nothing proves that it is the one. */
  async unblock(identity: LineIdentity): Promise<void> {
    if ((await this.find(identity)) === 'there') {
      await this.send((redis) => redis.client('UNBLOCK', identity.id));
    }
  }

  private async find({ id, server, name }: LineIdentity): Promise<'there' | 'gone' | 'unknown'> {
    const own = this.server()?.runId;
    if (server !== undefined && own !== undefined) {
      // The ids of one run are given once.
      return server === own ? 'there' : 'gone';
    }
    if (name === undefined) {
      return 'unknown';
    }
    const list = await this.send((redis) => redis.call('CLIENT', 'LIST', 'ID', id));
    return parseClientLine(String(list), own)?.name === name ? 'there' : 'gone';
  }
}
