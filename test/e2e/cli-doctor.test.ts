import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { examine } from '../../lib/cli/doctor/examine.js';
import type { Finding } from '../../lib/cli/doctor/finding.js';
import { hasTerminal, runCommand, runOnTerminal, type CliResult } from '../support/cli.js';
import { useCluster } from '../support/cluster.js';
import { openReqRep } from '../support/open-reqrep.js';
import { proxyBefore } from '../support/line-proxy.js';
import { useRedis } from '../support/redis.js';
import { RestartableRedis, type ServerSettings } from '../support/restartable-redis.js';
import { useSentinel } from '../support/sentinel.js';
import { tellsRights } from '../support/tells-rights.js';
import { waitFor } from '../support/wait-for.js';

const folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const redis = useRedis(['--maxmemory', '100mb', '--appendonly', 'yes', '--dir', folder]);

/** Starts a server for one test. */
async function startServer(settings: ServerSettings): Promise<RestartableRedis> {
  const server = await RestartableRedis.start({ maxmemory: '100mb', ...settings });
  onTestFinished(() => server.stop());
  return server;
}

/** Examines a server. @returns what was found but not in order, and the exit code. */
async function examined(
  url: string,
  ...args: readonly string[]
): Promise<Pick<CliResult, 'code' | 'stderr'> & { readonly found: readonly Finding[] }> {
  const { stdout, stderr, code } = await runCommand(['doctor', ...args], { REDIS_URL: url });
  const findings = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Finding);
  return { found: findings.filter(({ level }) => level !== 'ok'), stderr, code };
}

it('finds nothing wrong with a good server, and names it without the password', async () => {
  await redis.look.call('ACL', 'SETUSER', 'full', 'on', '>SECRET', '~*', '&*', '+@all');
  const url = redis.url.replace('//', '//full:SECRET@');
  const { stdout, stderr, code } = await runCommand(['doctor', '--url', url]);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).not.toContain('SECRET');
  const findings = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Finding);
  const server = `${redis.url}/0`;
  const told = (await tellsRights(redis)) ? 'ok' : 'note';
  expect(findings.map(({ level, check, server: on }) => [level, check, on])).toEqual([
    ['ok', 'version', server],
    ['ok', 'topology', server],
    ['ok', 'memory', server],
    ['ok', 'persistence', server],
    ['ok', 'connections', server],
    ['ok', 'clock', server],
    ['ok', 'latency', server],
    [told, 'rights', server],
  ]);
});

it('writes nothing into Redis', async () => {
  const server = await startServer({});
  await examined(server.url);
  expect(await server.look((look) => look.dbsize())).toBe(0);
});

it.each([
  ['allkeys-lru', 'whole queues and running jobs'],
  ['volatile-ttl', 'replies, so that their callers time out'],
])('finds the maxmemory-policy %s', async (policy, loss) => {
  const server = await startServer({ 'maxmemory-policy': policy });
  const { found, code } = await examined(server.url);
  expect(code).toBe(1);
  expect(found.filter(({ check }) => check !== 'rights')).toMatchObject([
    {
      level: 'problem',
      check: 'memory',
      text: `maxmemory-policy is ${policy}: when its memory is full, Redis removes ${loss}.`,
      mend: expect.stringContaining('noeviction'),
    },
  ]);
});

it('notes a server without maxmemory and without an append-only file', async () => {
  const server = await startServer({ maxmemory: '0', appendonly: 'no' });
  const { found, code } = await examined(server.url);
  expect(code).toBe(0);
  const notes = found.map(({ level, check }) => `${level} ${check}`);
  // Redis 6.2 does not tell rights, which is a note as well.
  expect(notes.filter((note) => note !== 'note rights')).toEqual([
    'note memory',
    'note persistence',
  ]);
});

describe('rights', () => {
  /** Makes a user. @returns the URL of the server for it. */
  async function userWith(name: string, ...rules: readonly string[]): Promise<string> {
    await redis.look.call('ACL', 'SETUSER', name, 'reset', 'on', '>SECRET', ...rules);
    return redis.url.replace('//', `//${name}:SECRET@`);
  }

  it('notes each command of CLIENT that a user lacks', async ({ skip }) => {
    skip(!(await tellsRights(redis)), 'the server does not tell rights');
    const url = await userWith('poor', '~*', '&*', '+@all', '-client');
    const { found, code } = await examined(url);
    expect(code).toBe(0);
    expect(found.map(({ level, check, mend }) => [level, check, mend])).toEqual(
      ['info', 'kill', 'list', 'unblock'].map((command) => [
        'note',
        'rights',
        `ACL SETUSER poor +client|${command}`,
      ]),
    );
    expect(found.at(-2)?.text).toBe(
      'User "poor" lacks CLIENT LIST: lost workers are noticed only after stallLimit.',
    );
  });

  it('finds what a user lacks for a role, on the keys of the queues that are named', async ({
    skip,
  }) => {
    skip(!(await tellsRights(redis)), 'the server does not tell rights');
    const url = await userWith('sender', '~app:mails*', '~app:replies:*', '&app:mails*', '+@all');
    const sends = ['mails', '--prefix', 'app:', '--role', 'requester'];
    expect(await examined(url, ...sends)).toEqual({ found: [], stderr: '', code: 0 });
    const { found, code } = await examined(url, 'mails', 'sms', ...sends.slice(1));
    expect(code).toBe(1);
    expect(found).toContainEqual({
      level: 'problem',
      check: 'rights',
      text: 'User "sender" lacks keys app:sms*: no job is sent.',
      mend: 'ACL SETUSER sender ~app:sms*',
      server: `${redis.url}/0`,
    });
  });

  it('asks for the keys of the queues that were served', async ({ skip }) => {
    skip(!(await tellsRights(redis)), 'the server does not tell rights');
    const { workers } = openReqRep({ connection: redis.url, prefix: 'shop:' });
    await workers.serve('orders', () => 1);
    await waitFor(async () => (await redis.look.exists('shop:reqrep:queues')) === 1);
    const url = await userWith('shop', '~shop:*', '&shop:*', '+@all');
    const { stdout } = await runCommand(['doctor', '--prefix', 'shop:'], { REDIS_URL: url });
    expect(stdout).toContain('(queues: orders)');
  });

  it('tells that they cannot be asked for without EVAL', async () => {
    const url = await userWith('scriptless', '~*', '&*', '+@all', '-eval', '-evalsha');
    const { found, code } = await examined(url);
    expect(code).toBe(1);
    expect(found).toContainEqual(
      expect.objectContaining({
        level: 'problem',
        check: 'rights',
        text: expect.stringContaining('Other rights can only be asked for with these.'),
      }),
    );
  });

  it('does without INFO', async ({ skip }) => {
    skip(!(await tellsRights(redis)), 'the server does not tell rights');
    const url = await userWith('uninformed', '~*', '&*', '+@all', '-info');
    const { found } = await examined(url);
    expect(found.map(({ check }) => check)).toEqual(['server', 'rights']);
  });
});

it('finds a replica, and names its primary', async () => {
  const replica = await startServer({ replicaof: `127.0.0.1 ${redis.port}` });
  await replica.look((look) =>
    waitFor(async () => (await look.info('replication')).includes('master_link_status:up')),
  );
  const { found, code } = await examined(replica.url);
  expect(code).toBe(1);
  expect(found.filter(({ check }) => check !== 'rights')).toMatchObject([
    {
      level: 'problem',
      check: 'topology',
      text: expect.stringContaining(`Its primary is 127.0.0.1:${redis.port}.`),
    },
  ]);
});

it.each([
  [5_000, '5.0 s behind that of this machine'],
  [-5_000, '5.0 s ahead of that of this machine'],
])('finds a clock of this machine that is %i ms ahead', async (ms, difference) => {
  const findings = await examine({
    globals: { url: redis.url, prefix: '', shards: undefined, hotQueues: [] },
    queues: [],
    roles: ['worker'],
    clocks: { now: () => Date.now() + ms, monotonic: () => performance.now() },
  });
  expect(findings.filter(({ level }) => level === 'problem')).toMatchObject([
    { check: 'clock', text: expect.stringContaining(`The clock of Redis is ${difference}`) },
  ]);
});

it('finds a server that refuses what applications need', async () => {
  const proxy = await proxyBefore(redis.port, {
    refuses: ([command, subcommand]) =>
      `${command} ${subcommand}`.toLowerCase() === 'client info' ? 'LOADING loading' : undefined,
  });
  const { found, code } = await examined(proxy.url);
  expect(code).toBe(1);
  expect(found.at(-1)).toMatchObject({
    level: 'problem',
    check: 'connection',
    text: expect.stringContaining('LOADING'),
  });
});

it.skipIf(!hasTerminal)('shows people, too, what applications would be refused', async () => {
  const proxy = await proxyBefore(redis.port, {
    refuses: ([command, subcommand]) =>
      `${command} ${subcommand}`.toLowerCase() === 'client info' ? 'LOADING loading' : undefined,
  });
  const { output, code } = await runOnTerminal(['doctor', '--url', proxy.url], { NO_COLOR: '1' });
  expect(code).toBe(1);
  expect(output).toMatch(new RegExp(`^${proxy.url}/0\nok `));
  expect(output).toContain('problem  connection   ');
});

it.each([
  ['BUSY Redis is busy running a script', 'problem', 'A script runs and does not end'],
  ['MASTERDOWN Link with MASTER is down', 'problem', 'The server serves nobody now'],
  ["ERR unknown command 'info'", 'note', 'INFO is refused ('],
])(
  'does not take the refusal of INFO by "%s" for a missing right',
  async (refusal, level, text) => {
    const proxy = await proxyBefore(redis.port, {
      refuses: ([command]) => (command?.toLowerCase() === 'info' ? refusal : undefined),
    });
    const { found } = await examined(proxy.url);
    expect(found[0]).toMatchObject({ level, check: 'server', text: expect.stringContaining(text) });
  },
);

describe('with Sentinel', () => {
  const site = useSentinel({ replicas: 1 });

  it('asks a Sentinel for nothing but what it is', async () => {
    const { found, code } = await examined(
      `redis://127.0.0.1:${site.connection.sentinels?.[0]?.port}`,
    );
    expect(code).toBe(1);
    expect(found).toMatchObject([{ check: 'topology', text: expect.stringContaining('Sentinel') }]);
  });
});

it('makes up a queue where none is known, and says so', async () => {
  const server = await startServer({});
  const { stdout } = await runCommand(['doctor', '--url', server.url]);
  const told = (await tellsRights(redis)) ? 'no queue is known yet' : 'cannot be asked';
  expect(stdout).toContain(told);
});

it.skipIf(!hasTerminal)('writes a table that fits a terminal of 80 columns', async () => {
  const server = await startServer({ 'maxmemory-policy': 'allkeys-lru', appendonly: 'no' });
  const { output, code } = await runOnTerminal(['doctor'], {
    REDIS_URL: server.url,
    NO_COLOR: '1',
  });
  expect(code).toBe(1);
  expect(output).not.toContain('\u001b');
  const lines = output.split('\n');
  expect(lines[0]).toBe(`${server.url}/0`);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(output).toContain(
    'problem  memory       maxmemory-policy is allkeys-lru: when its memory is full,\n' +
      '                      Redis removes whole queues and running jobs.\n' +
      '                      -> CONFIG SET maxmemory-policy noeviction',
  );
  expect(output).toMatch(/\n\n1 problem, \d notes?\.\n$/);
  const colourful = await runOnTerminal(['doctor'], { REDIS_URL: server.url });
  expect(colourful.output).toContain('\u001b[31mproblem\u001b[39m  memory');
});

describe('a Cluster', () => {
  const cluster = useCluster({ masters: 3, replicas: 1 });

  it('has its masters examined', async () => {
    const { found, code } = await examined(cluster.url);
    expect(code).toBe(0);
    const servers = new Set(found.map(({ server }) => server));
    const masters = (await cluster.masters()).map(({ port }) => `127.0.0.1:${port}`);
    expect([...servers].toSorted()).toEqual(masters.toSorted());
    expect(found.every(({ check }) => ['memory', 'persistence', 'rights'].includes(check))).toBe(
      true,
    );
  });

  it('has nothing written where no application has used it, not even how many shards there are', async () => {
    expect((await examined(cluster.url)).code).toBe(0);
    expect(await cluster.keys()).toEqual([]);
    const sent = await runCommand(['send', 'queue', '1'], { REDIS_URL: cluster.url });
    expect(sent).toMatchObject({
      stderr: expect.stringContaining('No process has used this Cluster with the prefix ""'),
      code: 2,
    });
    expect(await cluster.keys()).toEqual([]);
  });

  it('is used with as many shards as its application has', async () => {
    const { workers } = openReqRep({
      connection: cluster.url,
      prefix: 'shop:',
      shards: 3,
      hotQueues: ['hot'],
    });
    await workers.serve('hot', (data) => data);
    await workers.serve('cool', (data) => data);
    for (const queue of ['hot', 'cool']) {
      const args = ['send', queue, '7', '--prefix', 'shop:'];
      expect(await runCommand(args, { REDIS_URL: cluster.url })).toEqual({
        stdout: '7\n',
        stderr: '',
        code: 0,
      });
    }
    expect(await examined(cluster.url, '--prefix', 'shop:')).toMatchObject({ code: 0 });
    const wrong = await examined(cluster.url, '--prefix', 'shop:', '--shards', '4');
    expect(wrong.code).toBe(1);
    expect(wrong.found.at(-1)).toMatchObject({
      level: 'problem',
      check: 'connection',
      text: expect.stringContaining('has the queues of other processes in 3 shards'),
    });
    if (hasTerminal) {
      const args = ['doctor', '--prefix', 'shop:', '--shards', '4'];
      const { output } = await runOnTerminal(args, { REDIS_URL: cluster.url, NO_COLOR: '1' });
      expect(output).toMatch(/^the Cluster\nproblem {2}connection {3}\S/m);
      expect(output.match(/^(?:all 3 servers|the Cluster)$/gm)).toEqual([
        'all 3 servers',
        'the Cluster',
      ]);
    }
  });

  it('is said not to be reachable where its nodes are away', async () => {
    const url = 'redis+cluster://user:SECRET@127.0.0.1:1';
    const { stderr, code } = await runCommand(['doctor', '--url', url]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^nestjs-reqrep: Redis could not be used: [^\n]*ECONNREFUSED[^\n]*\n$/);
    expect(stderr).not.toContain('SECRET');
  });

  it.skipIf(!hasTerminal)('has what is the same on all servers once', async () => {
    const { output } = await runOnTerminal(['doctor', '--url', cluster.url], { NO_COLOR: '1' });
    expect(output).toMatch(/^all 3 servers\nok {7}version/);
    expect(output.match(/appendonly is off/g)).toHaveLength(1);
  });

  it('is found where the URL names one node alone', async () => {
    const [node] = await cluster.masters();
    const { found, code } = await examined(String(node?.url));
    expect(code).toBe(1);
    expect(found).toContainEqual(
      expect.objectContaining({
        level: 'problem',
        check: 'topology',
        mend: 'Use a redis+cluster:// URL.',
      }),
    );
  });
});
