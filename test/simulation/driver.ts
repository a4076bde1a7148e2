import { MemoryDriver } from '../../lib/memory/memory-driver.js';
import { SimulatedLine, type OnTrouble } from './line.js';
import type { ProcessRuntime } from './process-runtime.js';
import type { SimulatedServer } from './server.js';

/** The lines of one process to a simulated server. */
export class SimulatedDriver extends MemoryDriver {
  /** All lines that were ever made. */
  readonly lines: SimulatedLine[] = [];

  /** @param onTrouble - is called with what goes wrong on a line. */
  constructor(
    private readonly simulated: SimulatedServer,
    private readonly process: ProcessRuntime,
    private readonly onTrouble: OnTrouble,
  ) {
    super(simulated, process);
  }

  protected override newLine(role: string, onChange: () => void): SimulatedLine {
    const { simulated, process, onTrouble } = this;
    const line = new SimulatedLine(simulated, process, role, onTrouble, onChange);
    this.lines.push(line);
    return line;
  }
}
