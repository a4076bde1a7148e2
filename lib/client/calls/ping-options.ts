import { aDuration, checkOptions, type OptionRules } from '../../options/option-rules.js';

/** Options of `RequestClient.ping`. */
export interface PingOptions {
  /**
   * The longest time that the servers may take to answer, in ms, with the time that it takes to connect.
   * @default 1 000
   */
  readonly timeout?: number | undefined;
}

/** Time for an answer where the call sets none, ms. @internal */
export const DEFAULT_PING_TIMEOUT_MS = 1_000;

const PING_RULES: OptionRules<PingOptions> = { timeout: aDuration(1) };

/** @throws InvalidOptionError @internal */
export const checkPingOptions = (options: PingOptions): void =>
  checkOptions(options, PING_RULES, 'a call to `ping`');
