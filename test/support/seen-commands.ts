import type { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';

/** A command that a server was given. */
export interface SeenCommand {
  /** In lower case. */
  readonly name: string;
  readonly args: readonly string[];
  /** The address of the connection that sent it; `lua` = a script. */
  readonly source: string;
}

/** @returns what a server is given from now on until the test is over, as it comes. */
export async function seenCommands(redis: Redis): Promise<readonly SeenCommand[]> {
  const commands: SeenCommand[] = [];
  const monitor = await redis.monitor();
  onTestFinished(() => monitor.disconnect());
  monitor.on('monitor', (_time: string, [name = '', ...args]: string[], source: string) => {
    commands.push({ name: name.toLowerCase(), args, source });
  });
  return commands;
}
