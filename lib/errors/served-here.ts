/**
 * What the process that asks has to do with the workers of a queue:
 *
 * - `perhaps`: the application is still being made, so that nobody knows its handlers yet
 * - `before start`: it has a handler, whose worker starts when every module is up
 * - `manual`: it has a handler, whose worker `ReplyWorkers.start()` starts (`workers: 'manual'`)
 * - `off`: it has a handler that is not served (`workers: false`)
 * - `elsewhere`: it has no handler for it
 * - `starting`: its worker is about to start, or is refused something
 * - `running`, `paused`, `stopped`: its worker is that
 */
export type ServedHere =
  | 'perhaps'
  | 'before start'
  | 'manual'
  | 'off'
  | 'elsewhere'
  | 'starting'
  | 'running'
  | 'paused'
  | 'stopped';

/** What a process knows of its own workers on a queue. */
export interface WorkersHere {
  readonly served: ServedHere;
  /** Whether the process has its workers from Nest, whose words the advice uses then. @default true */
  readonly isOfNest?: boolean | undefined;
  /** The handler, as `Class#method`. */
  readonly handler?: string | undefined;
  /** What Redis refuses to the worker, so that it takes no jobs. */
  readonly refusal?: string | undefined;
}

/** @returns what to do where no live worker serves a queue, in sentences. */
export function adviceWithoutWorkers(queue: string, here: WorkersHere | undefined): string {
  const handler = here?.handler === undefined ? '' : ` (${here.handler})`;
  const aProcess =
    here?.isOfNest === false ? 'process that serves it' : `process with @OnJob('${queue}')`;
  switch (here?.served) {
    case 'perhaps':
      return (
        `This application is still starting, and its own handlers are served only after every module has started. ` +
        `Send the request after that, or start a ${aProcess}.`
      );
    case 'before start':
      return (
        `This process serves it${handler}, but its workers start only after the last onModuleInit and ` +
        `onApplicationBootstrap: send the request after the start, or do not await it in the hook.`
      );
    case 'manual':
      return (
        `This process has a handler for it${handler}, but its workers were not started (\`workers: 'manual'\`): ` +
        `call start() of ReplyWorkers first.`
      );
    case 'off':
      return (
        `This process has a handler for it${handler}, but starts no workers (\`workers: false\`): remove that option, ` +
        `or start another process that serves it.`
      );
    case 'stopped':
      return (
        `The worker of this process${handler} was stopped: call start() of ${workersOf(here)}, ` +
        `or start another ${aProcess}.`
      );
    case 'starting':
    case 'running':
    case 'paused':
      return here.refusal === undefined
        ? `The worker of this process${handler} has not registered in Redis yet: give it more time.`
        : `The worker of this process${handler} cannot take jobs: ${here.refusal}.`;
    default:
      return `Start a ${aProcess}.`;
  }
}

/** @returns why the worker of the process that asks does not run what waits; `undefined` where nothing keeps it from that. */
export function obstacleHere(queue: string, here: WorkersHere | undefined): string | undefined {
  if (here?.served === 'paused') {
    return `This process has paused it: call resume('${queue}') of ${workersOf(here)}.`;
  }
  return here?.refusal === undefined ? undefined : adviceWithoutWorkers(queue, here);
}

const workersOf = ({ isOfNest }: WorkersHere): string =>
  isOfNest === false ? 'its workers' : 'ReplyWorkers';
