import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { runCommand, startCli, type RunningCli } from '../support/cli.js';
import { EventStream } from '../support/event-stream.js';
import { ask, post } from '../support/http-answer.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** Starts the command, on any port. @returns it, and where its page is. */
async function start(...args: readonly string[]): Promise<{ running: RunningCli; url: string }> {
  const running = startCli(['dashboard', '--port', '0', ...args], { REDIS_URL: redis.url });
  onTestFinished(() => void running.child.kill('SIGKILL'));
  await waitFor(() => running.stdout.includes('\n') || running.stderr !== '');
  expect(running.stderr).toBe('');
  return { running, url: JSON.parse(running.stdout).url };
}

it('serves the page on 127.0.0.1 until ctrl-C, also while pages are open', async () => {
  const { running, url } = await start();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect((await ask(url)).text).toMatch(/^<!doctype html>/);
  expect((await ask(`${url}dashboard.js`)).status).toBe(200);
  const queue = randomQueue();
  await openReqRep({ connection: redis.url }).workers.serve(queue, () => 1);
  const stream = await EventStream.open(`${url}api/events`);
  await stream.next('queues');
  const command = await post(`${url}api/pause`, { queue }, { origin: new URL(url).origin });
  expect(command.json()).toMatchObject({ queue, workers: [{ pid: process.pid }] });
  running.child.kill('SIGINT');
  expect(await running.end()).toMatchObject({ stderr: '', code: 130 });
  await waitFor(() => stream.isEnded);
});

it('answers to names of this machine only, since a page may give it another one', async () => {
  const { url } = await start();
  const { port } = new URL(url);
  for (const host of ['evil.example', `evil.example:${port}`, 'localhost', 'localhost:1']) {
    for (const path of ['', 'api/settings', 'api/events']) {
      const answer = await ask(url + path, { headers: { host } });
      expect([host, answer.status]).toEqual([host, 403]);
    }
  }
  for (const host of [`localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
    expect((await ask(`${url}api/settings`, { headers: { host } })).status).toBe(200);
  }
  const headers = { host: `evil.example:${port}`, origin: `http://evil.example:${port}` };
  expect((await post(`${url}api/purge`, { queue: 'a' }, headers)).status).toBe(403);
});

it('changes nothing with --read-only', async () => {
  const { url } = await start('--read-only');
  expect((await ask(`${url}api/settings`)).json()).toMatchObject({ readOnly: true });
  expect((await post(`${url}api/purge`, { queue: 'a' })).status).toBe(403);
});

it('says which port is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const result = await runCommand(['dashboard', '--port', `${port}`], { REDIS_URL: redis.url });
  expect(result).toEqual({
    stdout: '',
    stderr: `nestjs-reqrep: Port ${port} of 127.0.0.1 is in use: choose another with --port, or any with --port 0\n`,
    code: 1,
  });
});

it.each(['-1', '65536', 'http'])('refuses the port %s', async (port) => {
  const result = await runCommand(['dashboard', `--port=${port}`], { REDIS_URL: redis.url });
  expect(result).toMatchObject({
    stdout: '',
    stderr: expect.stringContaining('Expected --port to be an integer from 0 to 65535'),
    code: 2,
  });
});
