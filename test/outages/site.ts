import type { ChildProcess } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RequestClient } from '../../lib/index.js';
import { readLedger, type Story } from '../chaos/ledger.js';
import { Asker, type Question } from '../processes/asker.js';
import { startApp } from '../support/app.js';
import { startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { waitFor } from '../support/wait-for.js';

/** Workers in separate processes, a requester in this one, and a ledger of all events. */
export class Site {
  readonly workers: ChildProcess[] = [];
  private readonly queue = randomQueue();
  private readonly asked: Promise<void>[] = [];
  private readonly asker: Asker;
  private count = 0;
  private ended = 0;

  private constructor(
    private readonly connection: string,
    private readonly ledger: string,
    client: RequestClient,
  ) {
    this.asker = new Asker(client, this.queue, (event) =>
      appendFileSync(ledger, `${JSON.stringify({ ...event, at: Date.now(), pid: process.pid })}\n`),
    );
  }

  /**
   * It is taken down behind the test.
   * @param connection - a URL, or options of ioredis.
   * @param options - of the module, for the workers.
   */
  static async open(
    connection: string | object,
    workers: number,
    options: object = {},
  ): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-site-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const ledger = join(folder, 'ledger');
    writeFileSync(ledger, '');
    const { client } = await startApp({ connection, workers: false });
    const site = new Site(
      typeof connection === 'string' ? connection : JSON.stringify(connection),
      ledger,
      client,
    );
    await Promise.all(Array.from({ length: workers }, () => site.startWorker(options)));
    return site;
  }

  /** Sends a request and does not wait for it. */
  ask(name: string, question: Omit<Question, 'key'>): void {
    const asked = this.asker.ask({ ...question, key: `${name} ${++this.count}` });
    this.asked.push(asked.then(() => void this.ended++));
  }

  get stories(): ReadonlyMap<string, Story> {
    return readLedger(this.ledger);
  }

  /** Resolves when all requests with a name have reached a state. */
  async all(name: string, is: (story: Story) => boolean): Promise<void> {
    const named = (): Story[] =>
      [...this.stories.values()].filter(({ key }) => key.startsWith(name));
    await waitFor(() => named().every(is), 30_000);
  }

  /** Resolves when the given number of further requests have ended. */
  async answered(count: number): Promise<void> {
    const before = this.ended;
    await waitFor(() => this.ended >= before + count, 60_000);
  }

  /** Resolves when all requests have ended. */
  async end(): Promise<void> {
    await Promise.all(this.asked);
  }

  private async startWorker(options: object): Promise<void> {
    this.workers.push(
      await startProcess('chaos-worker', {
        QUEUE: this.queue,
        REDIS_URL: this.connection,
        LEDGER: this.ledger,
        LOG: 'none',
        OPTIONS: JSON.stringify(options),
      }),
    );
  }
}
