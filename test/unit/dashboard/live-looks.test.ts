import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { QueueAdmin } from '../../../lib/admin/queue-admin.js';
import { EventReader } from '../../../lib/dashboard/server/event-reader.js';
import { LiveLooks } from '../../../lib/dashboard/server/live-looks.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A page, with what it was sent. */
class FakePage extends EventEmitter {
  readonly sent: string[] = [];
  statusCode = 0;
  isFull = false;
  isDestroyed = false;
  isEnded = false;
  /** Whether Node tells that the page is gone; it does not where an answer before it on the connection has not ended. */
  tellsOfClose = true;
  destroyed = false;
  writableEnded = false;

  readonly reader = new EventReader(this as unknown as ServerResponse);

  /** The names of the events that it was sent. */
  get events(): string[] {
    return this.sent.flatMap((block) => /^event: (.*)$/m.exec(block)?.[1] ?? []);
  }

  setHeader(): void {}
  flushHeaders(): void {}

  write(block: string): boolean {
    this.sent.push(block);
    return !this.isFull;
  }

  end(): void {
    this.isEnded = true;
    this.close();
  }

  destroy(): void {
    this.isDestroyed = true;
    this.close();
  }

  private close(): void {
    if (this.tellsOfClose) {
      this.emit('close');
    }
  }
}

/** An admin that counts its looks, which take as long as a test says. */
function fakeAdmin() {
  const state = { looks: 0, atOnce: 0, mostAtOnce: 0, takes: 0, fails: false };
  const look = async <Value>(value: Value): Promise<Value> => {
    state.looks++;
    state.mostAtOnce = Math.max(state.mostAtOnce, ++state.atOnce);
    if (state.takes > 0) {
      await new Promise((resolve) => setTimeout(resolve, state.takes));
    }
    state.atOnce--;
    if (state.fails) {
      throw new Error('no');
    }
    return value;
  };
  const admin = { now: () => 5, queues: () => look([]), workers: () => look([]) };
  return { state, admin: admin as unknown as QueueAdmin };
}

function open() {
  const { state, admin } = fakeAdmin();
  const looks = new LiveLooks(admin, () => ({ message: 'trouble' }));
  const show = (page: FakePage): FakePage => {
    looks.show(page.reader, { queue: undefined, workers: false });
    return page;
  };
  return { state, looks, show };
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

it('looks once a second for all pages, and not at all without any', async () => {
  const { state, show } = open();
  const pages = [1, 2, 3].map(() => show(new FakePage()));
  await pass(3_500);
  expect(state.looks).toBe(4);
  expect(pages.map(({ events }) => events.length)).toEqual([4, 4, 4]);
  pages.forEach((page) => page.end());
  await pass(10_000);
  expect(state.looks).toBe(4);
  const later = show(new FakePage());
  await pass(0);
  expect(later.events).toEqual(['queues']);
  expect(state.looks).toBe(5);
});

it('tells a page that comes later what was seen last', async () => {
  const { state, show } = open();
  show(new FakePage());
  await pass(500);
  expect(show(new FakePage()).events).toEqual(['queues']);
  expect(state.looks).toBe(1);
});

it('has no two looks at a time, and pauses longer behind long ones', async () => {
  const { state, show } = open();
  state.takes = 2_000;
  show(new FakePage());
  await pass(500);
  show(new FakePage());
  await pass(9_400);
  expect(state).toMatchObject({ looks: 1, mostAtOnce: 1 });
  await pass(200);
  expect(state.looks).toBe(2);
  state.takes = 60_000;
  await pass(60_000 + 15_000);
  expect(state.mostAtOnce).toBe(1);
});

it('looks on when a look has failed, without a longer pause', async () => {
  const { state, show } = open();
  state.takes = 5_000;
  state.fails = true;
  const page = show(new FakePage());
  await pass(5_000);
  expect(page.events).toEqual(['trouble']);
  state.takes = 0;
  state.fails = false;
  await pass(1_000);
  expect(page.events).toEqual(['trouble', 'queues']);
});

it('shows a page that reads slowly the newest of each look', async () => {
  const { looks } = open();
  const page = new FakePage();
  page.isFull = true;
  looks.show(page.reader, { queue: undefined, workers: true });
  await pass(2_500);
  expect(page.events).toEqual(['queues']);
  page.isFull = false;
  page.emit('drain');
  expect(page.events).toEqual(['queues', 'workers', 'queues']);
});

it('ends a stream after a minute, so that whatever asks for a login sees a request again', async () => {
  const { show } = open();
  const page = show(new FakePage());
  await pass(59_500);
  expect(page.isEnded).toBe(false);
  await pass(2_000);
  expect(page.isEnded).toBe(true);
});

it('shows no more pages than 500 at a time', () => {
  const { looks, show } = open();
  const pages = Array.from({ length: 500 }, () => show(new FakePage()));
  expect(looks.isFull).toBe(true);
  pages[0]?.end();
  expect(looks.isFull).toBe(false);
});

it('says which look has failed', async () => {
  const { state, show } = open();
  state.fails = true;
  const page = show(new FakePage());
  await pass(0);
  expect(page.sent.at(-1)).toBe('event: trouble\ndata: {"message":"trouble","look":"queues"}\n\n');
});

it('leaves looks out for a page that does not read, and ends its stream after a minute', async () => {
  const { show } = open();
  const slow = show(new FakePage());
  const stuck = show(new FakePage());
  slow.isFull = stuck.isFull = true;
  await pass(30_500);
  expect(slow.events).toHaveLength(1);
  slow.isFull = false;
  slow.emit('drain');
  expect(slow.events).toHaveLength(2);
  await pass(31_000);
  expect([slow.isDestroyed, stuck.isDestroyed]).toEqual([false, true]);
  expect(stuck.events).toHaveLength(1);
});

it('ends all streams when it closes, and those that come later', async () => {
  const { state, looks, show } = open();
  const ends: string[] = [];
  show(new FakePage()).once('close', () => ends.push('open'));
  await pass(100);
  looks.close();
  const later = new FakePage();
  later.once('close', () => ends.push('later'));
  show(later);
  expect(ends).toEqual(['open', 'later']);
  await pass(5_000);
  expect(state.looks).toBe(1);
});

// Over HTTP/1 Node calls the answer destroyed, over HTTP/2 ended.
it.each(['destroyed', 'writableEnded'] as const)(
  'does not look for a page that was gone before its stream began, whose answer is %s',
  async (sign) => {
    const { state, looks, show } = open();
    const gone = Array.from({ length: 500 }, () => new FakePage());
    gone.forEach((page) => {
      page[sign] = true;
      show(page);
    });
    expect(looks.isFull).toBe(false);
    await pass(5_000);
    expect(state.looks).toBe(0);
  },
);

it('forgets a page whose stream it has ended, also where nothing tells that the page is gone', async () => {
  const { state, show } = open();
  const [ended, stuck] = [new FakePage(), new FakePage()];
  ended.tellsOfClose = stuck.tellsOfClose = false;
  stuck.isFull = true;
  show(ended);
  show(stuck);
  await pass(65_000);
  expect([ended.isEnded, stuck.isDestroyed]).toEqual([true, true]);
  const { looks } = state;
  await pass(5_000);
  expect(state.looks).toBe(looks);
});
