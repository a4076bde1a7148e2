import { beforeAll, expect, it } from 'vitest';
import { refusalsIn } from '../support/acl-refusals.js';
import { useCluster } from '../support/cluster.js';
import {
  documentedRules,
  DOCUMENTED_PREFIX as prefix,
  type Role,
} from '../support/documented-users.js';
import { openReqRep, type TestReqRep } from '../support/open-reqrep.js';

const cluster = useCluster({ replicas: 0 });

/** Rights of both roles that only a Cluster needs, as docs/topologies.md shows them. */
const OF_CLUSTER = ['~{*}app:shards', '+cluster|slots', '+hsetnx', '+hgetall'];

/** What docs/topologies.md says to change of the rules: the hash tag comes first. */
const onCluster = (rule: string): string => rule.replace(/^([~&])app:/, '$1{*}app:');

beforeAll(async () => {
  for (const node of cluster.nodes) {
    for (const role of ['requester', 'worker'] as const) {
      const rules = documentedRules(role).map(onCluster);
      await cluster.run(node, 'ACL', 'SETUSER', role, 'on', '>secret', ...rules, ...OF_CLUSTER);
    }
  }
});

const open = (role: Role, queue: string): TestReqRep =>
  openReqRep({
    connection: {
      ...cluster.connection,
      redisOptions: { username: role, password: 'secret' },
    },
    prefix,
    hotQueues: [queue],
  });

it('on a Cluster, the users that docs/topologies.md shows may do all that is needed', async () => {
  const queue = 'jobs-hot';
  const worker = open('worker', queue);
  const requester = open('requester', queue);
  let aborted = 0;
  await worker.workers.serve(queue, async function* (data: number, job) {
    yield data;
    if (data < 0) {
      await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
      aborted++;
    }
    yield 2 * data;
  });
  const numbers = Array.from({ length: 40 }, (_, index) => index);
  const replies = numbers.map((number) => requester.client.request(queue, number));
  expect(await Promise.all(replies)).toEqual(numbers.map((number) => 2 * number));
  const cancelled = requester.client.send(queue, -1, { timeout: 300 });
  await expect(
    new Promise((_, reject) => cancelled.subscribe({ error: reject })),
  ).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
  await expect.poll(() => aborted, { timeout: 10_000 }).toBe(1);
  const warnings = [worker, requester].flatMap(({ lines }) =>
    lines.filter((line) => !line.startsWith('log ')),
  );
  expect(warnings).toEqual([]);
  for (const node of cluster.nodes) {
    expect(refusalsIn(await cluster.run(node, 'ACL', 'LOG'))).toEqual([]);
  }
});
