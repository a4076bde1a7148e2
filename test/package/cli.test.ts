import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useOwnApps, type OwnApp } from './own-app.js';

const newApp = useOwnApps();

/** Serves a queue as long as the command of the arguments runs. */
const WHILE_SERVING = `
const { execFileSync, spawn } = require('node:child_process');
const { createReqRep } = require('nestjs-reqrep/core');
const { workers, close } = createReqRep({ connection: process.env.REDIS_URL });
void workers.serve('sums', (values) => values.reduce((sum, value) => sum + value, 0)).then(() => {
  const child = spawn('npx', ['--no-install', 'nestjs-reqrep', ...process.argv.slice(2)], { stdio: 'inherit' });
  child.once('exit', (code) => close().then(() => process.exit(code)));
});
`;

/** Prints what the page of the command `dashboard` answers with. */
const ASK_DASHBOARD = `
const { spawn } = require('node:child_process');
const child = spawn('node', ['node_modules/nestjs-reqrep/dist/esm/cli/bin.js', 'dashboard', '--port', '0']);
child.stderr.pipe(process.stderr);
child.stdout.once('data', async (line) => {
  const { url } = JSON.parse(String(line));
  for (const path of ['', 'dashboard.js', 'api/settings']) {
    console.log((await fetch(url + path)).status);
  }
  child.kill('SIGINT');
});
`;

/** Runs the program of the package, which may fail. */
function run(app: OwnApp, ...args: readonly string[]) {
  const { stdout, stderr, status } = spawnSync('npx', ['--no-install', 'nestjs-reqrep', ...args], {
    cwd: app.folder,
    encoding: 'utf8',
  });
  return { stdout, stderr, status };
}

it('runs where only ioredis and rxjs are installed', () => {
  const app = newApp({});
  app.install('ioredis', 'rxjs', '--omit=peer');
  expect(existsSync(join(app.folder, 'node_modules/@nestjs'))).toBe(false);
  expect(app.run('npx', '--no-install', 'nestjs-reqrep', '--help')).toMatch(/^nestjs-reqrep: /);
  writeFileSync(join(app.folder, 'serving.cjs'), WHILE_SERVING);
  expect(app.run('node', 'serving.cjs', 'send', 'sums', '[1,2]')).toBe('3\n');
  expect(app.run('npx', '--no-install', 'nestjs-reqrep', 'doctor')).toContain('"check":"rights"');
  writeFileSync(join(app.folder, 'ask-dashboard.cjs'), ASK_DASHBOARD);
  expect(app.run('node', 'ask-dashboard.cjs')).toBe('200\n200\n200\n');
});

it('explains itself without any other package, and asks for the one that is missing', () => {
  const app = newApp({});
  app.install('--omit=peer', '--legacy-peer-deps');
  expect(run(app, 'help', 'send').stdout).toMatch(/^Usage: nestjs-reqrep send/);
  for (const args of [['send', 'sums', '1'], ['emit', 'sums', '1'], ['doctor'], ['dashboard']]) {
    expect(run(app, ...args)).toEqual({
      stdout: '',
      stderr: expect.stringMatching(
        /^nestjs-reqrep: The package (ioredis|rxjs) is not installed here: npm install ioredis rxjs\n$/,
      ),
      status: 1,
    });
  }
});
