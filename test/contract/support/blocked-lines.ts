import type { Line } from '../../../lib/driver/line.js';
import { listLines } from '../../../lib/protocol/operations/list-lines.js';
import type { ContractServer } from './contract-servers.js';
import { outcomeOf } from './comparable.js';

/** Round trips after which the server has received earlier operations of other lines. */
const ROUND_TRIPS = 2;

/** Lines of one server that block while a sequence of operations runs. */
export class BlockedLines {
  private readonly lines = new Map<number, { line: Line; isFree: boolean }>();
  private outcomes: Promise<unknown>[] = [];

  constructor(private readonly server: ContractServer) {}

  /** Blocks a line, unless it is blocked. @param start - starts the blocking operation. */
  async wait(index: number, start: (line: Line) => Promise<unknown>): Promise<void> {
    const blocked = this.lines.get(index) ?? { line: await this.server.openLine(), isFree: true };
    this.lines.set(index, blocked);
    if (!blocked.isFree) {
      return;
    }
    blocked.isFree = false;
    this.outcomes.push(outcomeOf(start(blocked.line)));
    for (let trip = 0; trip < ROUND_TRIPS; trip++) {
      await this.server.line.run(listLines, [blocked.line.identity?.id ?? 0]);
    }
  }

  /** Ends all waits. @returns their outcomes, in the order in which they began. */
  async end(): Promise<unknown[]> {
    for (const { line } of this.lines.values()) {
      if (line.identity) {
        await this.server.line.unblock(line.identity);
      }
    }
    const outcomes = await Promise.all(this.outcomes.splice(0));
    this.lines.forEach((blocked) => {
      blocked.isFree = true;
    });
    return outcomes;
  }
}
