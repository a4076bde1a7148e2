import type { Redis } from 'ioredis';

/** What is asked of ioredis that is no operation. */
export type RedisCall<Answer> = (redis: Redis) => Promise<Answer>;

/** Sends one command that is no operation. */
export type Send = <Answer>(question: RedisCall<Answer>) => Promise<Answer>;
