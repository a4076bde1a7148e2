import { dashboard } from './commands/dashboard.js';
import { deadList } from './commands/dead-list.js';
import { deadRemove } from './commands/dead-remove.js';
import { deadRetry } from './commands/dead-retry.js';
import { deadShow } from './commands/dead-show.js';
import { doctor } from './commands/doctor.js';
import { emit } from './commands/emit.js';
import { pause } from './commands/pause.js';
import { peek } from './commands/peek.js';
import { queue } from './commands/queue.js';
import { queues } from './commands/queues.js';
import { resume } from './commands/resume.js';
import { send } from './commands/send.js';
import { workers } from './commands/workers.js';
import type { Command } from './frame/command.js';

/** The commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  queues,
  queue,
  workers,
  peek,
  pause,
  resume,
  deadList,
  deadShow,
  deadRetry,
  deadRemove,
  send,
  emit,
  doctor,
  dashboard,
];
