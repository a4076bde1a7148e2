import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomQueue } from '../support/random-queue.js';
import { useContractServers, type ContractServer } from './support/contract-servers.js';
import { BlockedLines } from './support/blocked-lines.js';
import { outcomeOf, stateOf } from './support/comparable.js';
import { aStep, type Step } from './support/operation-steps.js';

/** `SEQUENCES=n` runs more sequences, and other ones each time. */
const { SEQUENCES } = process.env;

const servers = useContractServers();
const blocked = new Map(servers.map((server) => [server, new BlockedLines(server)]));

const blockedOf = (server: ContractServer): BlockedLines =>
  blocked.get(server) ?? new BlockedLines(server);

/** @throws the first difference between two servers. */
async function compare(steps: readonly Step[], prefix: string): Promise<void> {
  const onBoth = (ask: (server: ContractServer) => Promise<unknown>): Promise<unknown[]> =>
    Promise.all(servers.map(ask));
  for (const step of steps) {
    const [expected, actual] = await onBoth((server) =>
      outcomeOf(step.act(server, prefix, blockedOf(server))),
    );
    expect(actual).toEqual(expected);
  }
  const [expected, actual] = await onBoth(async (server) => [
    await stateOf(server, prefix),
    await blockedOf(server).end(),
  ]);
  expect(actual).toEqual(expected);
}

it('memory returns the same answers as Redis, and holds the same keys', async () => {
  const sequences = fc.array(aStep, { minLength: 1, maxLength: 40, size: 'max' });
  await fc.assert(
    fc.asyncProperty(sequences, async (steps) => {
      const prefix = randomQueue();
      try {
        await compare(steps, prefix);
      } finally {
        for (const server of servers) {
          await blockedOf(server).end();
          await server.look.del(...(await server.look.keys(`${prefix}*`)), prefix);
        }
      }
    }),
    SEQUENCES ? { numRuns: Number(SEQUENCES) } : { numRuns: 60, seed: 1 },
  );
}, 3_600_000);
