import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PACKAGES = [
  '@nestjs/core',
  '@nestjs/microservices',
  '@nestjs-redis/streams-transporter',
  '@nats-io/transport-node',
  'amqplib',
  'bullmq',
  'ioredis',
  'redis',
];

/** The versions of what takes part, as installed. */
export function installedVersions(redis: string): Record<string, string> {
  const { resolve } = createRequire(import.meta.url);
  const versions = PACKAGES.map((name) => [name, versionOf(name, resolve(name))]);
  return { node: process.version, Redis: redis, ...Object.fromEntries(versions) };
}

function versionOf(name: string, file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (manifest.name === name) {
        return manifest.version ?? 'unknown';
      }
    } catch {
      // That of the package stands further up.
    }
  }
  return 'unknown';
}
