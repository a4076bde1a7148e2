import { ReplyError } from '../../lib/memory/reply-error.js';
import type { Operation, Step } from '../../lib/driver/operation.js';
import { publish } from '../../lib/protocol/operations/publish.js';

const MOVED = 'MOVED 4711 127.0.0.1:7002';
const ASK = 'ASK 4711 127.0.0.1:7002';
const TRYAGAIN = 'TRYAGAIN Multiple keys request during rehashing of slot';

/** The hash slot that has all keys. A node of a Cluster refuses operations by it, as Redis 7 does. */
export class HashSlot {
  /** Keys that the next owner has already; `undefined` while the slot does not migrate. */
  private moved: Set<string> | undefined;

  /** @param holds - whether any node has a key. */
  constructor(private readonly holds: (key: string) => boolean) {}

  get isMigrating(): boolean {
    return this.moved !== undefined;
  }

  beginMigration(): void {
    this.moved = new Set();
  }

  /** Moves one key to the next owner. */
  moveKey(key: string): void {
    this.moved?.add(key);
  }

  /** Ends the migration: one node has all keys again, the next owner or the one before. */
  endMigration(): void {
    this.moved = undefined;
  }

  /** @param isOwner - whether the node owns the slot. @throws ReplyError the refusal. */
  check<Input>(operation: Operation<Input, unknown>, input: Input, isOwner: boolean): void {
    this.checkKeys(keysOf(operation, input), isOwner);
  }

  /** As {@link check}. One step that is refused ends the transaction; `EXEC` looks at the keys of all steps. */
  checkAll(steps: readonly Step[], isOwner: boolean): void {
    const keys = steps.map(({ operation, input }) => keysOf(operation, input));
    keys.forEach((each) => this.checkKeys(each, isOwner));
    this.checkKeys(keys.flat(), isOwner);
  }

  private checkKeys(keys: readonly string[], isOwner: boolean): void {
    if (keys.length === 0) {
      return;
    }
    if (!isOwner) {
      throw new ReplyError(MOVED);
    }
    const { moved } = this;
    if (!moved) {
      return;
    }
    const areAbsent = keys.filter((key) => moved.has(key) || !this.holds(key));
    if (areAbsent.length > 0) {
      throw new ReplyError(areAbsent.length === keys.length ? ASK : TRYAGAIN);
    }
  }
}

/** Any node accepts a message for a channel, which all nodes get. */
const keysOf = <Input>(operation: Operation<Input, unknown>, input: Input): readonly string[] =>
  operation.name === publish.name ? [] : operation.keys(input);
