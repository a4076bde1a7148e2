import type { Redis } from 'ioredis';

/** A call of ioredis that is not an operation. */
export type RedisCall<Answer> = (redis: Redis) => Promise<Answer>;

/** Sends one command that is not an operation. */
export type Send = <Answer>(question: RedisCall<Answer>) => Promise<Answer>;
