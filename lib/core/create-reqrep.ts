import type { QueueAdmin } from '../admin/queue-admin.js';
import type { RequestClient } from '../client/request-client.js';
import type { OptionRules } from '../options/option-rules.js';
import { closeInOrder } from './closing.js';
import { Engine } from './engine.js';
import { aLogger, logTo, type ReqRepLogger } from './logger.js';
import type { ReqRepOptions } from './options.js';
import { warnOfPrefix } from './prefix-warning.js';
import { QueueWorkers } from './queue-workers.js';
import { OPTION_RULES, resolveOptions } from './resolve-options.js';
import { openShards } from './open-shards.js';

/** The options of {@link createReqRep}. Each has a default. */
export interface CreateReqRepOptions extends ReqRepOptions {
  /**
   * Whether `workers.serve` and `workers.start` fail with a {@link ConnectionFailedError} where Redis cannot be used: `true` = within 5 s, a
   * number = within so many ms. They fail at once where Redis refuses the application until somebody changes something, such as the
   * password. With `false` they wait.
   * @default false
   */
  readonly failFast?: boolean | number | undefined;
  /**
   * The log of the library: `console`, a logger of Nest, or any object with the methods `log`, `warn` and `error`. `false` =
   * nowhere.
   * @default warnings and errors on stderr
   */
  readonly logger?: ReqRepLogger | false | undefined;
}

/** Has `Symbol.asyncDispose` where the compiler knows it: the types need no library that an application may not have. */
type AsyncDisposal = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol }
  ? { readonly [Name in Key]: () => Promise<void> }
  : object;

/**
 * A client, workers and an admin that share their connections to Redis.
 *
 * @example
 * ```ts
 * await using reqRep = createReqRep(); // closes everything at the end of the block
 * ```
 */
export interface ReqRep extends AsyncDisposal {
  /** Sends jobs to queues. */
  readonly client: RequestClient;
  /** Serve queues in this process. */
  readonly workers: QueueWorkers;
  /** Looks at queues and their workers, of all processes. */
  readonly admin: QueueAdmin;
  /**
   * Closes everything, in the order in which an application of Nest does: the workers finish running jobs, for `shutdownTimeout` ms at
   * most; the client pushes what was emitted, and ends what waits; the connections are closed, so that the process can end.
   *
   * Never rejects. A second call changes nothing.
   */
  readonly close: () => Promise<void>;
}

const RULES: OptionRules<CreateReqRepOptions> = { ...OPTION_RULES, logger: aLogger };

/**
 * Makes a client and workers without Nest: for scripts, command line tools and other frameworks. They talk to applications with
 * `ReqRepModule` and to each other. Nothing connects to Redis before the first request, or the first queue that is served.
 *
 * @param options - Options of the instance.
 * @returns The client, the workers and what closes them.
 * @throws {@link InvalidOptionError} for a wrong option, or one that only `ReqRepModule` has.
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
  const shards = openShards('core', resolved, log);
  const { servers } = shards;
  const engine = new Engine({ shards, options: resolved, log, name: 'core' });
  const workers = QueueWorkers.create(engine);
  const client = engine.createClient((queue) => workers.here(queue));
  const close = (): Promise<void> => closeInOrder({ workers, client, servers, engine, log });
  const admin = engine.createAdmin();
  return { client, workers, admin, close, [Symbol.asyncDispose]: close };
}
