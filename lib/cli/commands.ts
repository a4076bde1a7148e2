import { doctor } from './commands/doctor.js';
import { emit } from './commands/emit.js';
import { send } from './commands/send.js';
import type { Command } from './frame/command.js';

/** The commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [send, emit, doctor];
