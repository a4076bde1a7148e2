/** The library, broken by hand at one place. The simulation has to find out. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** What stands there, once. */
  readonly text: string;
  readonly instead: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a settle does not look whether its slot still holds its job',
    file: 'lib/memory/operations/settling.ts',
    text: 'if (missing) {',
    instead: 'if (missing && isAside) {',
  },
  {
    name: 'a slot is released twice',
    file: 'lib/worker/taking/intake.ts',
    text: 'if (slot.isEmpty) {',
    instead: 'if (slot.isEmpty) {\n        this.slots.release(slot);',
  },
  {
    name: 'a slot whose job has ended is not free again',
    file: 'lib/worker/taking/intake.ts',
    text: 'if (slot.isEmpty) {\n        this.slots.release(slot);',
    instead: 'if (slot.isEmpty) {',
  },
];
