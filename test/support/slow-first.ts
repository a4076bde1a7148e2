import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Test files that take longest, by what their names contain. */
const SLOW = [
  'sample-web',
  'outage',
  'sentinel',
  'chaos/',
  'identities',
  'silence',
  'streams',
  'cluster',
  'recovery',
];

/** Begins with what takes longest, so that the last file has no long way to go when all others are over. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- that of the sequencer, which changes nothing
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification): boolean =>
      SLOW.some((name) => moduleId.includes(name));
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}
