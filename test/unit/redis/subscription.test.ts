import { expect, it, onTestFinished, vi } from 'vitest';
import { FakeServer, NEVER, refusal } from './support/fake-server.js';

/** A server, and a subscription that has not started. */
function subscriptionAt(server = new FakeServer()) {
  const connections = server.connections();
  const onMessage = vi.fn<(channel: string, message: string) => void>();
  const subscription = connections.subscribe({
    role: 'cancellations',
    channels: ['one', 'other'],
    onMessage,
    consequence: 'nothing is cancelled',
  });
  onTestFinished(() => subscription.close());
  const subscribes = (): string[] =>
    server.asked.filter((command) => command.includes('subscribe'));
  return { server, connections, subscription, onMessage, subscribes };
}

/** Starts the subscription, and waits until the server has accepted it. */
async function subscribed() {
  const parts = subscriptionAt();
  const started = parts.subscription.start();
  await parts.server.runtime.advanceAsync(0);
  await started;
  expect(parts.subscribes()).toEqual(['1 subscribe one other']);
  return parts;
}

/** Tells whether a promise has settled. */
function endOf(promise: Promise<unknown>): { readonly isOver: boolean } {
  const end = { isOver: false };
  void promise.then(() => Object.assign(end, { isOver: true }));
  return end;
}

const REFUSED = 'NOPERM this user has no permissions to access one of the channels';

it('receives what is published on its channels', async () => {
  const { server, onMessage } = await subscribed();
  server.publish('one', 'hello');
  expect(onMessage).toHaveBeenCalledWith('one', 'hello');
});

it('subscribes again after a reconnect', async () => {
  const { server, subscribes: asked } = await subscribed();
  server.closeAll();
  await server.runtime.advanceAsync(100);
  expect(asked()).toEqual(['1 subscribe one other', '2 subscribe one other']);
});

it('subscribes again if the connection is lost before the answer', async () => {
  const { server, subscription, subscribes: asked } = subscriptionAt();
  server.answer('subscribe', () => NEVER);
  const started = endOf(subscription.start());
  await server.runtime.advanceAsync(0);
  server.closeAll();
  await server.runtime.advanceAsync(100);
  server.closeAll();
  server.answer('subscribe', () => 2);
  await server.runtime.advanceAsync(0);
  expect(started.isOver).toBe(false);
  await server.runtime.advanceAsync(100);
  expect(asked()).toHaveLength(3);
  expect(started.isOver).toBe(true);
});

it('subscribes once on each connection', async () => {
  const { server, subscribes: asked } = await subscribed();
  for (let loss = 0; loss < 5; loss++) {
    server.closeAll();
    await server.runtime.advanceAsync(loss * 20);
  }
  await server.runtime.advanceAsync(1_000);
  expect(new Set(asked()).size).toBe(asked().length);
});

it('that is refused has started, is logged once, and is retried with longer waits until it is allowed', async () => {
  const { server, subscription, subscribes: asked } = subscriptionAt();
  server.answer('subscribe', () => {
    throw refusal(REFUSED);
  });
  const started = endOf(subscription.start());
  await server.runtime.advanceAsync(0);
  expect(started.isOver).toBe(true);
  expect(server.log.errors).toEqual([
    expect.stringMatching(/^Cannot subscribe to "one", "other" .*nothing is cancelled$/),
  ]);
  await server.runtime.advanceAsync(10_000);
  const early = asked().length;
  expect(early).toBeGreaterThan(2);
  await server.runtime.advanceAsync(40_000);
  const late = asked().length - early;
  expect(late).toBeLessThanOrEqual(early);
  expect(server.log.errors).toHaveLength(1);
  server.answer('subscribe', () => 2);
  await server.runtime.advanceAsync(40_000);
  const allowed = asked().length;
  await server.runtime.advanceAsync(120_000);
  expect(asked()).toHaveLength(allowed);
});

it('that is refused is retried at once on a new connection', async () => {
  const { server, subscription, subscribes: asked } = subscriptionAt();
  server.answer('subscribe', () => {
    throw refusal(REFUSED);
  });
  void subscription.start();
  await server.runtime.advanceAsync(20_000);
  const refused = asked().length;
  server.answer('subscribe', () => 2);
  server.closeAll();
  await server.runtime.advanceAsync(100);
  expect(asked()).toHaveLength(refused + 1);
});

it.each([
  ['while the server is away', (server: FakeServer) => (server.isUp = false)],
  ['while it is not answered', (server: FakeServer) => server.answer('subscribe', () => NEVER)],
  [
    'while it waits after a refusal',
    (server: FakeServer) =>
      server.answer('subscribe', () => {
        throw refusal(REFUSED);
      }),
  ],
])(
  'that is closed %s has started, asks nothing any more, and leaves no timer',
  async (_, prepare) => {
    const { server, connections, subscription } = subscriptionAt();
    prepare(server);
    const started = endOf(subscription.start());
    await server.runtime.advanceAsync(20);
    subscription.close();
    await server.runtime.advanceAsync(0);
    expect(started.isOver).toBe(true);
    const asked = server.asked.length;
    connections.close();
    await server.runtime.advanceAsync(120_000);
    expect(server.asked).toHaveLength(asked);
    expect(server.runtime.pending).toBe(0);
  },
);

it('that is closed in the turn in which it is refused has started, and logs nothing', async () => {
  const { server, connections, subscription } = subscriptionAt();
  server.answer('subscribe', () => {
    queueMicrotask(() => {
      subscription.close();
      connections.close();
    });
    throw refusal(REFUSED);
  });
  const started = endOf(subscription.start());
  await server.runtime.advanceAsync(0);
  expect(started.isOver).toBe(true);
  expect(server.log.errors).toEqual([]);
});

it('pings a quiet connection, and replaces it if it does not answer', async () => {
  const { server, subscribes: asked } = await subscribed();
  await server.runtime.advanceAsync(60_000);
  expect(asked()).toHaveLength(1);
  server.answer('ping', () => NEVER);
  await server.runtime.advanceAsync(30_000);
  expect(asked()).toHaveLength(2);
});
