/** The requester process of the system named on the command line. */
import { atRest, fillBacklog, leavePending } from '../load/backlog.js';
import { runClosedLoop } from '../load/closed-loop.js';
import { stayIdle } from '../load/idle.js';
import type { LoadResult } from '../load/load-result.js';
import { readStream } from '../load/stream.js';
import type { Load } from '../scenarios.js';
import { loadSystem } from '../systems/load-system.js';
import type { Requester } from '../systems/system.js';
import { answerParent } from './child.js';
import { UsageMeter, type Usage } from './usage-meter.js';

const system = await loadSystem(process.argv[2]);
let requester: Requester | undefined;
let queues: readonly string[] = [];
let drained: Promise<LoadResult> | undefined;

function connected(): Requester {
  if (!requester) {
    throw new Error('The requester is not connected');
  }
  return requester;
}

async function measured(load: () => Promise<LoadResult>): Promise<LoadResult & { usage: Usage }> {
  const meter = new UsageMeter();
  const result = await load();
  return { ...result, usage: meter.stop() };
}

function runLoad(load: Load, ms: number): Promise<LoadResult> {
  switch (load.kind) {
    case 'closed-loop':
      return runClosedLoop(connected(), queues, load, ms);
    case 'stream':
      return readStream(connected(), load);
    case 'idle':
      return stayIdle(ms);
    case 'backlog':
      return drained ?? Promise.reject(new Error('There is no backlog'));
  }
}

const calls = {
  connect: async (input: { url: string; queues: readonly string[] }): Promise<void> => {
    ({ queues } = input);
    requester = await system.connect(input.url, queues);
  },
  close: async (): Promise<void> => {
    await requester?.close();
    requester = undefined;
  },
  /** Before a backlog is measured. */
  fill: async (load: Load): Promise<void> => {
    if (load.kind === 'backlog') {
      ({ drained } = await fillBacklog(connected(), queues, load));
    }
  },
  /** Leaves requests pending that nobody will answer. @returns the resident memory with them, bytes. */
  leavePending: async ({ queue, count }: { queue: string; count: number }): Promise<number> => {
    await leavePending(connected(), queue, count);
    globalThis.gc?.();
    // Other threads give back what it has freed.
    await atRest();
    return process.memoryUsage.rss();
  },
  run: ({ load, ms }: { load: Load; ms: number }) => measured(() => runLoad(load, ms)),
};

export type RequesterCalls = typeof calls;

answerParent(calls);
