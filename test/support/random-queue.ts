import { randomUUID } from 'node:crypto';

/** A queue that no other test uses. */
export const randomQueue = (): string => `test-${randomUUID()}:`;
