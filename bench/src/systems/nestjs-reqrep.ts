import { OURS } from '../results.js';
import { reqRepSystem } from './reqrep-system.js';

export const system = reqRepSystem({
  name: OURS,
  title: 'nestjs-reqrep',
  server: 'Redis',
  setup:
    'Default options, so that every job is protected; only `maxPending` is raised, for the backlog.',
});
