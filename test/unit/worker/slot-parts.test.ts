import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestOf, MAX_PART_BYTES, SlotParts } from '../../../lib/worker/liveness/slot-parts.js';

const sha1 = (bytes: string | Buffer): string => createHash('sha1').update(bytes).digest('hex');

it('the digest differs for different contents of a slot', () => {
  expect(digestOf([])).toBe('');
  expect(digestOf([Buffer.from('job')])).toBe(sha1('job'));
  expect(digestOf([Buffer.from([0xff]), Buffer.from('job')])).toBe(
    sha1(Buffer.from('\u00ff\njob', 'latin1')),
  );
});

describe('the jobs in the slots of a lost worker', () => {
  /** Takes everything out of slots that hold jobs of the given lengths. @returns the parts, as `slot:position`. */
  function partsOf(slots: readonly (readonly number[])[]) {
    const contents = new Map(
      slots.map((lengths, index) => [`s${index}`, lengths.map((length) => Buffer.alloc(length))]),
    );
    const parts = new SlotParts(
      [...contents].map(([key, elements]) => ({ key, length: elements.length })),
    );
    const taken: string[][] = [];
    const bytes: number[] = [];
    let read = 0;
    for (let ranges = parts.next(); ranges.length > 0; ranges = parts.next()) {
      const found = ranges.map(({ key, from }) => {
        const elements = contents.get(key)?.slice(from) ?? [];
        read += elements.length;
        return { key, from, elements };
      });
      const part = parts.take(found);
      taken.push(
        part.flatMap(({ key, from, elements }) =>
          elements.map((_, index) => `${key}:${from + index}`),
        ),
      );
      bytes.push(
        part.reduce(
          (sum, { elements }) => sum + elements.reduce((all, { length }) => all + length, 0),
          0,
        ),
      );
      for (const { key, from } of part) {
        contents.set(key, contents.get(key)?.slice(0, from) ?? []);
      }
    }
    return { taken, bytes, read, left: [...contents.values()].flat().length };
  }

  const all = (slots: readonly (readonly number[])[]): string[] =>
    slots.flatMap((lengths, slot) => lengths.map((_, position) => `s${slot}:${position}`));

  it.each<[string, number[][]]>([
    ['nothing', []],
    ['one job', [[10]]],
    ['a job in each slot', Array.from({ length: 40 }, () => [10])],
    ['many jobs in one slot', [Array.from({ length: 2_000 }, () => 10)]],
    ['slots of all sizes', [[1, 2], Array.from({ length: 900 }, () => 50), [3], [0, 5, 0]]],
    ['long jobs', [[1e6, 1e6, 1e6], [1e6], [1e6, 1e6, 1e6, 1e6, 1e6]]],
    ['long and short jobs', [[1e6, 1, 1e6, 1, 1], [1, 1, 1], [3e6], [1, 2e6, 1]]],
  ])('are taken from the last to the first, each job once: %s', (_, slots) => {
    const { taken, left } = partsOf(slots);
    expect(taken.toReversed().flat()).toEqual(all(slots));
    expect(left).toBe(0);
  });

  it('are cut into parts that are not long, unless one job is', () => {
    const slots = [
      Array.from({ length: 64 }, () => 1e6),
      [5e6],
      Array.from({ length: 8 }, () => 7e5),
    ];
    const { taken, bytes, read } = partsOf(slots);
    bytes.forEach((length, index) => {
      expect(length <= MAX_PART_BYTES || taken[index]?.length === 1).toBe(true);
    });
    // Little is read in vain.
    expect(read).toBeLessThan(1.3 * all(slots).length);
  });

  it('are taken in few parts where they are short', () => {
    expect(partsOf(Array.from({ length: 16 }, () => [100])).taken).toHaveLength(2);
    expect(partsOf(Array.from({ length: 256 }, () => [100])).taken.length).toBeLessThan(6);
  });

  it('are taken slot by slot where a whole slot fits', () => {
    const { taken } = partsOf([[1, 1, 1], [1, 1, 1], [1]]);
    expect(taken).toEqual([
      ['s1:0', 's1:1', 's1:2', 's2:0'],
      ['s0:0', 's0:1', 's0:2'],
    ]);
  });

  it('may be gone meanwhile', () => {
    const parts = new SlotParts([
      { key: 's0', length: 2 },
      { key: 's1', length: 900 },
    ]);
    let turns = 0;
    for (let ranges = parts.next(); ranges.length > 0; ranges = parts.next()) {
      parts.take(ranges.map((range) => ({ ...range, elements: [] })));
      turns++;
    }
    expect(turns).toBeLessThan(10);
  });
});
