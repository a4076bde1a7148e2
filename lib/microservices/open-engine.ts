import { Engine } from '../core/engine.js';
import { openShards } from '../core/open-shards.js';
import type { ReqRepOptions } from '../core/options.js';
import { warnOfPrefix } from '../core/prefix-warning.js';
import { OPTION_RULES, resolveOptions, type ResolvedOptions } from '../core/resolve-options.js';
import type { Shards } from '../driver/shard.js';
import { InvalidOptionError } from '../errors/index.js';
import { describeValue } from '../errors/value-text.js';
import { aName, type OptionRules } from '../options/option-rules.js';
import type { Log } from '../telemetry/log.js';
import { describeError, reviveError } from './rpc-error.js';

/** The options that a server and a client have alike. */
interface QueueOptions extends ReqRepOptions {
  readonly queue: string;
}

const RULES: OptionRules<QueueOptions> = { ...OPTION_RULES, queue: aName };

/** Names the options of a class in messages. */
type Where = `the options of ${string}`;

/** @throws InvalidOptionError */
export function resolveQueueOptions(options: QueueOptions, where: Where): ResolvedOptions {
  const resolved = resolveOptions(options, RULES, where);
  if (options.queue === undefined) {
    const { expected } = aName;
    throw new InvalidOptionError(`queue in ${where}`, expected, describeValue(undefined));
  }
  return resolved;
}

/** Opens what a server or a client works with. Connects to nothing yet. */
export function openEngine(
  name: string,
  options: ResolvedOptions,
  log: Log,
): { readonly engine: Engine; readonly shards: Shards } {
  warnOfPrefix(options.prefix, log);
  const shards = openShards(name, options, log);
  const engine = new Engine({ shards, options, log, name, describeError, reviveError });
  return { engine, shards };
}
