import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RequestTimeoutError } from '../../lib/index.js';
import { echoOf } from '../support/echo-worker.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { RestartableRedis } from '../support/restartable-redis.js';
import { answering, stubServer } from '../support/stub-server.js';
import { waitFor } from '../support/wait-for.js';

/** How long an application may take to start beside a silent server, and somebody who sends to be told, ms. */
const START_MS = 6_000;
const SOON_MS = 4_000;

async function startRedis(settings = {}): Promise<RestartableRedis> {
  const server = await RestartableRedis.start(settings);
  onTestFinished(() => server.stop());
  return server;
}

/** A server that is stopped, and whose system takes no connections for it any more either. */
async function blackHole(): Promise<number> {
  const server = await startRedis({ 'tcp-backlog': '1' });
  server.freeze();
  const sockets: Socket[] = [];
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  for (;;) {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    const isTaken = once(socket, 'connect').then(() => true);
    const isLate = new Promise<false>((resolve) => setTimeout(resolve, 300, false));
    if (!(await Promise.race([isTaken, isLate]))) {
      return server.port;
    }
  }
}

/** Servers of which nothing comes, what is said of each, and its port. */
const SILENT: readonly (readonly [what: string, said: string, port: () => Promise<number>])[] = [
  [
    'is stopped',
    'warn redis://127.0.0.1:PORT/0 does not answer: it may be stopped, busy or not a Redis server',
    async () => {
      const server = await startRedis();
      server.freeze();
      return server.port;
    },
  ],
  [
    'accepts and never answers',
    'warn redis://127.0.0.1:PORT/0 does not answer: it may be stopped, busy or not a Redis server',
    () => stubServer(() => undefined),
  ],
  [
    'cannot be connected to',
    'warn redis://127.0.0.1:PORT/0 cannot be reached (no answer to the attempt to connect): ' +
      'correct the host and the port, or check the firewall',
    blackHole,
  ],
  [
    'loads its data',
    'warn redis://127.0.0.1:PORT/0 answers "LOADING Redis is loading the dataset in memory"',
    () => stubServer(answering('-LOADING Redis is loading the dataset in memory\r\n')),
  ],
];

describe.each(SILENT)('a server that %s', (_, said, portOf) => {
  it('does not hold up a start for long, and is told of once', async () => {
    const port = await portOf();
    const before = performance.now();
    const connection = `redis://127.0.0.1:${port}`;
    const { log } = await startApp({ connection }, [echoOf(randomQueue()), echoOf(randomQueue())]);
    expect(performance.now() - before).toBeLessThan(START_MS);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toContain(said.replace('PORT', String(port)));
  });

  it('is told of once somebody sends, in the log and in the error', async () => {
    const port = await portOf();
    const { client, log } = await startApp({ connection: `redis://127.0.0.1:${port}` });
    expect(log.lines).toEqual([]);
    const error = await failureOf(client.send(randomQueue(), 1, { timeout: SOON_MS }));
    expect(error).toBeInstanceOf(RequestTimeoutError);
    expect(log.lines).toHaveLength(1);
    const line = said.replace('PORT', String(port));
    expect(log.lines[0]).toContain(line);
    const text = line.replace(/^warn /, '');
    expect((error as Error).message).toContain(text);
    expect(String((error as Error).cause)).toContain(text);
  });
});

describe('a server that goes silent later', () => {
  it('is told of once, and once when it answers, by a worker and by who only sends', async () => {
    const server = await startRedis();
    const queue = randomQueue();
    const connection = server.url;
    await startApp({ connection }, [echoOf(queue)]);
    // Nest has one logger for all.
    const { client, log } = await startApp({ connection, workers: false });
    const linesWith = (text: string): number =>
      log.lines.filter((line) => line.includes(text)).length;
    expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
    server.freeze();
    const reply = firstValueFrom(client.send(queue, 2, { timeout: 60_000 }));
    const said = `warn redis://127.0.0.1:${server.port}/0 does not answer`;
    await waitFor(() => linesWith(said) === 2);
    server.thaw();
    expect(await reply).toBe(2);
    await waitFor(() => linesWith('Redis can be used again') === 2);
    expect(log.lines).toHaveLength(4);
  });
});
