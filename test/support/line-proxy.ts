import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { commandReader } from './command-reader.js';

/** What a proxy does to what passes through one connection. */
export interface LineRules {
  /** How long a connection may be idle before the proxy forgets it without a word, ms. */
  readonly forgetsAfter?: number;
  /** What becomes of what the server says. */
  readonly rewrite?: (answer: Buffer) => Buffer;
  /** Whether what a client says is passed on. */
  readonly passes?: (command: Buffer) => boolean;
  /** How long a connection may be idle before the proxy closes it, ms. */
  readonly closesAfter?: number;
  /**
   * Decides for each command of a connection whether the server refuses it.
   * @returns the text of the refusal; `undefined` where it is passed on.
   */
  readonly refuses?: (words: readonly string[], isInTransaction: boolean) => string | undefined;
}

/** A proxy before a server for one test. */
export interface LineProxy {
  readonly url: string;
  /** Connections that it has forgotten. */
  readonly forgotten: number;
  /** Where new connections go. */
  port: number;
}

/** Command that no server knows. Its refusal arrives in the place of that of the refused command, and cancels a transaction. */
const UNKNOWN = 'reqrep-refused';

/** Makes a server refuse commands of one connection. */
function refusalsBy(refuses: NonNullable<LineRules['refuses']>) {
  const read = commandReader();
  const texts: string[] = [];
  let isInTransaction = false;
  return {
    /** @returns what is sent to the server. */
    sent: (data: Buffer): Buffer =>
      Buffer.concat(
        read(data).map(({ bytes, words }) => {
          const text = refuses(words, isInTransaction);
          const name = words[0]?.toLowerCase();
          if (text !== undefined) {
            texts.push(text);
            return Buffer.from(`*1\r\n$${UNKNOWN.length}\r\n${UNKNOWN}\r\n`);
          }
          isInTransaction = name === 'multi' || (isInTransaction && name !== 'exec');
          return bytes;
        }),
      ),
    /** @returns what the client gets for an answer of the server. */
    answered: (data: Buffer): Buffer =>
      data.includes(UNKNOWN)
        ? Buffer.from(
            data
              .toString('latin1')
              .replaceAll(
                new RegExp(`-ERR unknown command .${UNKNOWN}[^\r]*`, 'g'),
                () => `-${texts.shift()}`,
              ),
            'latin1',
          )
        : data,
  };
}

export async function proxyBefore(port: number, rules: LineRules = {}): Promise<LineProxy> {
  const sockets = new Set<Socket>();
  const proxy = { url: '', forgotten: 0, port };
  const server = createServer((near) => {
    const far = connect(proxy.port, '127.0.0.1');
    let isForgotten = false;
    let idle: NodeJS.Timeout | undefined;
    const refusals = rules.refuses && refusalsBy(rules.refuses);
    const touched = (): void => {
      clearTimeout(idle);
      if (rules.closesAfter !== undefined) {
        idle = setTimeout(() => near.destroy(), rules.closesAfter).unref();
      }
      if (rules.forgetsAfter !== undefined) {
        idle = setTimeout(() => {
          isForgotten = true;
          proxy.forgotten++;
        }, rules.forgetsAfter).unref();
      }
    };
    touched();
    near.on('data', (data) => {
      if (!isForgotten && (rules.passes?.(data) ?? true)) {
        touched();
        far.write(refusals?.sent(data) ?? data);
      }
    });
    far.on('data', (data) => {
      if (!isForgotten) {
        touched();
        const answer = refusals?.answered(data) ?? data;
        near.write(rules.rewrite?.(answer) ?? answer);
      }
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  proxy.url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
