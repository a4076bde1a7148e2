import { get, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import { waitFor } from './wait-for.js';

/** An event of a server. */
export interface ServerEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A stream of events that is read from now on, and left behind the test. */
export class EventStream {
  readonly events: ServerEvent[] = [];
  isEnded = false;
  private rest = '';

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (part: string) => this.read(part));
    response.on('close', () => (this.isEnded = true));
    response.on('error', () => undefined);
  }

  static open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventStream> {
    return new Promise((resolve, reject) => {
      const sent = get(url, { agent: false, headers }, (response) =>
        resolve(new EventStream(response)),
      );
      sent.on('error', reject);
      onTestFinished(() => void sent.destroy());
    });
  }

  /** Waits for an event of this name that comes from now on and is as it should be. */
  async next(name: string, isMeant: (data: ServerEvent['data']) => boolean = () => true) {
    const from = this.events.length;
    let found: ServerEvent | undefined;
    await waitFor(() => {
      found = this.events.slice(from).find(({ event, data }) => event === name && isMeant(data));
      return found !== undefined;
    }, 20_000);
    return found?.data ?? {};
  }

  leave(): void {
    this.response.destroy();
  }

  private read(part: string): void {
    const blocks = (this.rest + part).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event !== undefined && data !== undefined) {
        this.events.push({ event, data: JSON.parse(data) });
      }
    }
  }
}
