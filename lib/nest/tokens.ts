import type { InjectionToken } from '@nestjs/common';
import { QueueAdmin } from '../admin/queue-admin.js';
import { RequestClient } from '../client/request-client.js';
import { ReplyWorkers } from '../worker/reply-workers.js';

/** The name of the instance that the application has given no name. @internal */
export const DEFAULT_INSTANCE = 'default';

/** The token of the shards of an instance: `useMemoryQueues` replaces them. @internal */
export const SHARDS: InjectionToken = Symbol('nestjs-reqrep:shards');

/**
 * Tokens of the client and the workers that the lifecycle starts and stops. They differ from the public tokens, because a test of
 * an application may override those with other objects.
 * @internal
 */
export const CLIENT: InjectionToken = Symbol('nestjs-reqrep:client');
/** @internal */
export const WORKERS: InjectionToken = Symbol('nestjs-reqrep:workers');

/** @returns the token of what the health of an instance depends on. @internal */
export const getHealthToken = (instance = DEFAULT_INSTANCE): InjectionToken =>
  `ReqRepHealth:${instance}`;

/**
 * Returns the injection token of the {@link RequestClient} of a named instance, for `overrideProvider` in tests, or `app.get`. The token of
 * the instance without a name is the class itself.
 *
 * @param instance - The `name` of the instance.
 * @example
 * ```ts
 * builder.overrideProvider(getRequestClientToken('billing')).useValue({ send: () => of('sent') });
 * ```
 */
export const getRequestClientToken = (instance = DEFAULT_INSTANCE): InjectionToken =>
  instance === DEFAULT_INSTANCE ? RequestClient : `ReqRepRequestClient:${instance}`;

/**
 * Returns the injection token of the {@link ReplyWorkers} of a named instance. The token of the instance without a name is the class itself.
 *
 * @param instance - The `name` of the instance.
 */
export const getReplyWorkersToken = (instance = DEFAULT_INSTANCE): InjectionToken =>
  instance === DEFAULT_INSTANCE ? ReplyWorkers : `ReqRepReplyWorkers:${instance}`;

/**
 * Returns the injection token of the {@link QueueAdmin} of a named instance. The token of the instance without a name is the class itself.
 *
 * @param instance - The `name` of the instance.
 */
export const getQueueAdminToken = (instance = DEFAULT_INSTANCE): InjectionToken =>
  instance === DEFAULT_INSTANCE ? QueueAdmin : `ReqRepQueueAdmin:${instance}`;
