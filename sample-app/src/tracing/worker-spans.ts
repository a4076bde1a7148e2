/** Makes spans in a worker process, which its parent shows. */
import { notifyParent } from '../parent.js';
import { WORKER } from '../worker-name.js';
import { startTracing } from './start-tracing.js';

startTracing(`worker ${WORKER.number}`, (span) => notifyParent({ span }));
