import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomQueue } from '../../support/random-queue.js';
import { useContractServers } from '../support/contract-servers.js';
import { outcomeOf, stateOf } from './support/comparable.js';
import { aStep } from './support/operation-steps.js';

/** `SEQUENCES=n` tries more of them, and other ones each time. */
const { SEQUENCES } = process.env;

const servers = useContractServers();

it('memory answers what Redis answers, and holds the same keys', async () => {
  const sequences = fc.array(aStep, { minLength: 1, maxLength: 40, size: 'max' });
  await fc.assert(
    fc.asyncProperty(sequences, async (steps) => {
      const prefix = randomQueue();
      for (const step of steps) {
        const [expected, actual] = await Promise.all(
          servers.map((server) => outcomeOf(step.act(server, prefix))),
        );
        expect(actual).toEqual(expected);
      }
      const [expected, actual] = await Promise.all(
        servers.map((server) => stateOf(server, prefix)),
      );
      expect(actual).toEqual(expected);
      await Promise.all(
        servers.map(async ({ look }) => look.del(...(await look.keys(`${prefix}*`)), prefix)),
      );
    }),
    SEQUENCES ? { numRuns: Number(SEQUENCES) } : { numRuns: 60, seed: 1 },
  );
}, 3_600_000);
