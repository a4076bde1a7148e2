import { Inject } from '@nestjs/common';
import { getReplyWorkersToken, getRequestClientToken } from './tokens.js';

/**
 * Injects the `RequestClient` of a named instance. That of the instance without a name needs no decorator.
 *
 * @example
 * ```ts
 * constructor(@InjectRequestClient('billing') private readonly billing: RequestClient) {}
 * ```
 */
export const InjectRequestClient = (instance?: string): PropertyDecorator & ParameterDecorator =>
  Inject(getRequestClientToken(instance));

/** Injects the `ReplyWorkers` of a named instance. */
export const InjectReplyWorkers = (instance?: string): PropertyDecorator & ParameterDecorator =>
  Inject(getReplyWorkersToken(instance));
