import { expect, it } from 'vitest';
import { Keys } from '../../../lib/protocol/keys.js';

it('a suffix directly follows the name of the queue', () => {
  const queue = new Keys().queue('reports');
  expect(queue.requests).toBe('reportsrequests');
  expect(queue.workers).toBe('reportsworkers');
  expect(queue.deadList).toBe('reportsdead');
  expect(queue.deadLetters).toEqual({ ids: 'reportsdeadids', letters: 'reportsdeadletters' });
  expect(queue.active('worker-1', 7)).toBe('reportsactive:worker-1:7');
  expect(queue.worker('worker-1')).toBe('reportsworker:worker-1');
  expect(queue.originalReply('job-1')).toBe('reportsreplies:job-1');
});

it('every key begins with the prefix', () => {
  const queue = new Keys('app:').queue('reports');
  expect(queue.requests).toBe('app:reportsrequests');
  expect(queue.workers).toBe('app:reportsworkers');
  expect(queue.deadList).toBe('app:reportsdead');
  expect(queue.active('worker-1', 0)).toBe('app:reportsactive:worker-1:0');
  expect(queue.worker('worker-1')).toBe('app:reportsworker:worker-1');
  expect(queue.originalReply('job-1')).toBe('app:reportsreplies:job-1');
});

it('a client has one reply list for all queues', () => {
  expect(new Keys().replies('client-1')).toBe('replies:client-1');
  expect(new Keys('app:').replies('client-1')).toBe('app:replies:client-1');
});

it('the numeric id of a version 1 request is part of its reply list', () => {
  expect(new Keys().queue('reports').originalReply(42)).toBe('reportsreplies:42');
});

it('a rule for a key of a Cluster allows the keys of all shards', () => {
  const keys = new Keys('app:', '460');
  expect(keys.queue('jobs{1}').requests).toBe('{460}app:jobs{1}requests');
  expect(keys.patternOf(keys.queue('jobs').requests)).toBe('{*}app:jobs*');
  expect(keys.patternOf(keys.replies('client'))).toBe('{*}app:replies:*');
  expect(keys.patternOf('{460}app:other')).toBe('{*}app:other');
  expect(new Keys('app:').patternOf('{460}app:jobsrequests')).toBe('{460}app:jobs*');
});
