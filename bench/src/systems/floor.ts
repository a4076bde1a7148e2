import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { answer, type OnEnd, type Payload, type System } from './system.js';

const MOST = 1_000;
const BLOCK_SECONDS = 1;

/** Pushes what is added in one turn of the event loop with one command for each list. */
class Pusher {
  private waiting = new Map<string, string[]>();

  constructor(private readonly redis: Redis) {}

  add(list: string, element: string): void {
    if (this.waiting.size === 0) {
      setImmediate(() => this.flush());
    }
    const elements = this.waiting.get(list);
    if (elements) {
      elements.push(element);
    } else {
      this.waiting.set(list, [element]);
    }
  }

  private flush(): void {
    for (const [list, elements] of this.waiting) {
      void this.redis.rpush(list, ...elements);
    }
    this.waiting = new Map();
  }
}

/** Pops whatever lies in some lists, on a connection of its own, until that is closed. */
async function popAll(redis: Redis, lists: readonly string[], onElement: (json: string) => void) {
  for (;;) {
    const answered = await redis
      .blmpop(BLOCK_SECONDS, lists.length, ...lists, 'LEFT', 'COUNT', MOST)
      .catch(() => undefined);
    if (redis.status === 'end') {
      return;
    }
    for (const element of answered?.[1] ?? []) {
      onElement(element);
    }
  }
}

type Request = readonly [id: number, data: Payload, replyTo: string];
type Reply = readonly [id: number, data: Payload];

export const system: System = {
  name: 'floor',
  title: 'plain ioredis, the floor',
  server: 'Redis',
  setup:
    'What Redis and JSON cost whatever stands on them: pushes of one turn together, pops of up to 1 000, no Nest, no ' +
    'Observable, no timer, no error, and a job is lost with its worker.',
  cannot: { stream: 'it has one reply' },
  serve: async (url, queues) => {
    const [commands, blocking] = [new Redis(url), new Redis(url)];
    const pusher = new Pusher(commands);
    void popAll(
      blocking,
      queues.map((queue) => `floor:${queue}`),
      (json) => {
        const [id, data, replyTo] = JSON.parse(json) as Request;
        pusher.add(replyTo, JSON.stringify([id, answer(data)] satisfies Reply));
      },
    );
    return {
      close: async () => {
        blocking.disconnect();
        await commands.quit();
      },
    };
  },
  connect: async (url) => {
    const [commands, blocking] = [new Redis(url), new Redis(url)];
    const pusher = new Pusher(commands);
    const replies = `floor:${randomUUID()}`;
    const pending = new Map<number, OnEnd<Payload>>();
    let count = 0;
    void popAll(blocking, [replies], (json) => {
      const [id, data] = JSON.parse(json) as Reply;
      const onEnd = pending.get(id);
      pending.delete(id);
      onEnd?.(undefined, data);
    });
    return {
      ask: (queue, data, onEnd) => {
        const id = count++;
        pending.set(id, onEnd);
        pusher.add(`floor:${queue}`, JSON.stringify([id, data, replies] satisfies Request));
      },
      close: async () => {
        blocking.disconnect();
        await commands.quit();
      },
    };
  },
};
