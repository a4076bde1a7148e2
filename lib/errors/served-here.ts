/**
 * The state of the caller's own process as a worker of a queue:
 *
 * - `perhaps`: the application is still starting, so its handlers are not known yet
 * - `before start`: the process has a handler, whose worker starts after every module has started
 * - `manual`: the process has a handler, whose worker `ReplyWorkers.start()` starts (`workers: 'manual'`)
 * - `off`: the process has a handler that is not served (`workers: false`)
 * - `elsewhere`: the process has no handler for the queue
 * - `starting`: the worker of the process is starting, or Redis refuses it a command
 * - `running`, `paused`, `stopped`: the state of the worker of the process
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

/** The state of a process as a worker of a queue. */
export interface WorkersHere {
  readonly served: ServedHere;
  /** Whether Nest made the workers: the advice then names decorators and providers. @default true */
  readonly isOfNest?: boolean | undefined;
  /** The handler, as `Class#method`. */
  readonly handler?: string | undefined;
  /** The command that Redis refuses to the worker, which therefore takes no jobs. */
  readonly refusal?: string | undefined;
}

/** @returns advice for a queue that no live worker serves, in full sentences. */
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

/** @returns why the worker of this process does not take waiting jobs; `undefined` where it takes them. */
export function obstacleHere(queue: string, here: WorkersHere | undefined): string | undefined {
  if (here?.served === 'paused') {
    return `This process has paused it: call resume('${queue}') of ${workersOf(here)}.`;
  }
  return here?.refusal === undefined ? undefined : adviceWithoutWorkers(queue, here);
}

const workersOf = ({ isOfNest }: WorkersHere): string =>
  isOfNest === false ? 'its workers' : 'ReplyWorkers';
