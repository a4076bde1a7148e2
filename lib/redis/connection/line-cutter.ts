import { parseClientLine, type LineIdentity } from '../../protocol/wire/line-identity.js';
import type { Send } from './send.js';
import type { ServerFacts } from './server-facts.js';

/** Makes a server close other connections, or end their blocking calls. */
export class LineCutter {
  /** @param server - returns facts about the connected server; `undefined` if it does not tell. */
  constructor(
    private readonly send: Send,
    private readonly server: () => ServerFacts | undefined,
  ) {}

  /**
   * Makes the server close another connection, if it certainly is the identified one: a restarted server counts its client ids
   * from the start, so an id alone may belong to any client.
   * @returns whether the connection is certainly closed.
   */
  async cut(identity: LineIdentity): Promise<boolean> {
    const found = await this.find(identity);
    if (found === 'there') {
      const { id, address } = identity;
      await this.send((redis) => redis.call('CLIENT', 'KILL', 'ID', id, 'ADDR', address));
    }
    return found !== 'unknown';
  }

  /** Ends the blocking call of another connection as its timeout would, if it certainly is the identified one. */
  async unblock(identity: LineIdentity): Promise<void> {
    if ((await this.find(identity)) === 'there') {
      await this.send((redis) => redis.client('UNBLOCK', identity.id));
    }
  }

  private async find({ id, server, name }: LineIdentity): Promise<'there' | 'gone' | 'unknown'> {
    const own = this.server()?.runId;
    if (server !== undefined && own !== undefined) {
      // One run of a server gives each id once.
      return server === own ? 'there' : 'gone';
    }
    if (name === undefined) {
      return 'unknown';
    }
    const list = await this.send((redis) => redis.call('CLIENT', 'LIST', 'ID', id));
    return parseClientLine(String(list), own)?.name === name ? 'there' : 'gone';
  }
}
