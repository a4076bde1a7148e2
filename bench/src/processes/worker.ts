/** A worker process of the system named on the command line. */
import { loadSystem } from '../systems/load-system.js';
import type { Service } from '../systems/system.js';
import { answerParent } from './child.js';
import { UsageMeter, type Usage } from './usage-meter.js';

const system = await loadSystem(process.argv[2]);
let service: Service | undefined;
let meter: UsageMeter | undefined;

const calls = {
  serve: async ({ url, queues }: { url: string; queues: readonly string[] }): Promise<void> => {
    service = await system.serve(url, queues);
  },
  close: async (): Promise<void> => {
    await service?.close();
    service = undefined;
  },
  beginRound: (): void => {
    meter = new UsageMeter();
  },
  endRound: (): Usage | undefined => meter?.stop(),
};

export type WorkerCalls = typeof calls;

answerParent(calls);
