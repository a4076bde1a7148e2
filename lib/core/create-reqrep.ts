import type { RequestClient } from '../client/request-client.js';
import type { OptionRules } from '../options/option-rules.js';
import { closeInOrder } from './closing.js';
import { Engine } from './engine.js';
import { aLogger, logTo, type ReqRepLogger } from './logger.js';
import type { ReqRepOptions } from './options.js';
import { warnOfPrefix } from './prefix-warning.js';
import { QueueWorkers } from './queue-workers.js';
import { OPTION_RULES, resolveOptions } from './resolve-options.js';
import { openDriver } from './open-driver.js';

/** What {@link createReqRep} takes. Everything has a default. */
export interface CreateReqRepOptions extends ReqRepOptions {
  /**
   * Whether `workers.serve` fails with a `ConnectionFailedError` where Redis cannot be used: `true` = within 5 s, or that many
   * ms; at once where Redis refuses us until somebody changes something, such as the password. `false`: it waits.
   * @default false
   */
  readonly failFast?: boolean | number | undefined;
  /**
   * Where the library writes what an operator should know: `console`, a logger of Nest, or any object with the methods `log`,
   * `warn` and `error`. `false` = nowhere.
   * @default what `warn` and `error` get, on stderr
   */
  readonly logger?: ReqRepLogger | false | undefined;
}

/** `Symbol.asyncDispose`, for the compilers that know it: the types ask for no library that an application may not have. */
type AsyncDisposal = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol }
  ? { readonly [Name in Key]: () => Promise<void> }
  : object;

/** A client and workers over one set of connections. `await using` closes it at the end of its block. */
export interface ReqRep extends AsyncDisposal {
  /** Sends requests to the workers of a queue, in whatever process they run. */
  readonly client: RequestClient;
  /** Answer the jobs of the queues that this process serves. */
  readonly workers: QueueWorkers;
  /**
   * Closes everything, as an application of Nest does: the workers finish what they run, `shutdownTimeout` ms at the most;
   * then the client pushes what was emitted and ends all that wait; then the connections are closed, so that the process can
   * end. It never fails, and closing twice does no harm.
   */
  readonly close: () => Promise<void>;
}

const RULES: OptionRules<CreateReqRepOptions> = { ...OPTION_RULES, logger: aLogger };

/**
 * Makes a client and workers without Nest: for scripts, a CLI or another framework. It opens nothing: the first request, or the
 * first queue that is served, connects. It talks to applications with `ReqRepModule` as they do to each other.
 *
 * @throws InvalidOptionError for a wrong option, or one of `ReqRepModule` alone.
 * @example
 * ```ts
 * const { client, workers, close } = createReqRep({ connection: 'redis://localhost:6379' });
 * await workers.serve('sums', (values: number[]) => values.reduce((sum, value) => sum + value, 0));
 * console.log(await client.request<number>('sums', [1, 2])); // 3
 * await close();
 * ```
 */
export function createReqRep(options: CreateReqRepOptions = {}): ReqRep {
  const resolved = resolveOptions(options, RULES, 'the options of createReqRep');
  const log = logTo(options.logger);
  warnOfPrefix(resolved.prefix, log);
  const connections = openDriver('core', resolved, log);
  const engine = new Engine({ connections, options: resolved, log });
  const workers = QueueWorkers.create(engine);
  const client = engine.createClient((queue) => workers.here(queue));
  const close = (): Promise<void> => closeInOrder({ workers, client, connections, log });
  return { client, workers, close, [Symbol.asyncDispose]: close };
}
