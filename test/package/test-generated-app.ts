import { beforeAll, describe, expect, inject, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { useRedis } from '../support/redis.js';
import { GeneratedApp, answers, type Recipe } from './generated-app.js';

const isQuick = process.env['PACKAGE'] === 'quick';
const REPLY = '{"text":"report A7, attempt 1"}';

/** Holds an application that Nest's CLI makes to what its author does with it. @param ownBuilders - beside tsc. */
export function testGeneratedApp(
  name: string,
  recipe: Recipe,
  ownBuilders: readonly string[],
): void {
  describe(`the application that @nestjs/cli@${recipe.cli} makes (${name})`, () => {
    const redis = useRedis();
    const builders = isQuick ? [] : ownBuilders;
    let app: GeneratedApp;

    beforeAll(() => {
      const packages = isQuick ? [] : recipe.packages;
      app = GeneratedApp.create({ cli: recipe.cli, packages }, inject('packed').tarball, {
        REDIS_URL: redis.url,
      });
    }, 600_000);

    it.each(['its default', ...builders])(
      'is built and answers by a worker: nest build, builder: %s',
      async (builder) => {
        const choice = builder === 'its default' ? [] : ['-b', builder];
        app.run('npx', '--no-install', 'nest', 'build', ...choice);
        await app.serve(['node', 'dist/main.js'], await freePort(), (get) =>
          answers(get, '/reports/A7', REPLY),
        );
      },
    );

    it.each(['test', 'test:e2e'])('passes its tests as they are set up: npm run %s', (script) => {
      expect(app.run('npm', 'run', script)).toContain('reports');
    });

    it.skipIf(isQuick)('is built anew and answers differently: npm run start:dev', async () => {
      await app.serve(['npm', 'run', 'start:dev'], await freePort(), async (get) => {
        await answers(get, '/reports/A7', REPLY);
        app.edit('src/reports.worker.ts', (text) => text.replace('`report ', '`paper '));
        await answers(get, '/reports/A7', REPLY.replace('report', 'paper'));
      });
    });
  });
}
