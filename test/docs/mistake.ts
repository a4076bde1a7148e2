import type { Scene } from './scene.js';

/** A mistake that people make, and what they are told. */
export interface Mistake {
  /** The heading under which `docs/troubleshooting.md` shows what is printed. */
  readonly title: string;
  /** Makes the mistake. @returns what is printed, a line or more for each message. */
  readonly provoke: (scene: Scene) => Promise<readonly string[]>;
}
