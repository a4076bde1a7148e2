import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useOwnApps } from './own-app.js';

const newApp = useOwnApps();

const IMPORTS = {
  module: `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ReqRepModule } from 'nestjs-reqrep';
import { ReqRepDashboardModule } from 'nestjs-reqrep/dashboard';
`,
  commonjs: `
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { ReqRepModule } = require('nestjs-reqrep');
const { ReqRepDashboardModule } = require('nestjs-reqrep/dashboard');
`,
};

/** Prints the status of each part of the dashboard. */
const ASK = `
class AppModule {}
Module({
  imports: [ReqRepModule.forRoot({ connection: process.env.REDIS_URL }), ReqRepDashboardModule.forRoot()],
})(AppModule);

NestFactory.create(AppModule, { logger: ['error', 'warn'] }).then(async (app) => {
  await app.listen(0, '127.0.0.1');
  const page = (await app.getUrl()) + '/queues/';
  for (const path of ['', 'dashboard.js', 'api/settings', 'api/dead-letters?queue=a']) {
    console.log((await fetch(page + path)).status);
  }
  await app.close();
});
`;

it.each(['module', 'commonjs'] as const)(
  'the dashboard works in an application (%s) without the peers of other entries',
  (type) => {
    const app = newApp({ type });
    const nest = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express'];
    app.install(...nest, 'ioredis', 'reflect-metadata', 'rxjs');
    expect(existsSync(join(app.folder, 'node_modules/@nestjs/terminus'))).toBe(false);
    app.write('main.js', IMPORTS[type] + ASK);
    expect(app.run('node', 'main.js')).toBe('200\n200\n200\n200\n');
  },
);
