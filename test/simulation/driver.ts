import { MemoryDriver } from '../../lib/memory/memory-driver.js';
import { SimulatedLine, type OnTrouble } from './line.js';
import type { ProcessRuntime } from './process-runtime.js';
import type { SimulatedServer } from './server.js';

/** The lines of one process to a simulated server. */
export class SimulatedDriver extends MemoryDriver {
  /** Those that were ever opened. */
  readonly lines: SimulatedLine[] = [];

  /** @param onTrouble - hears what is done to the lines. */
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
