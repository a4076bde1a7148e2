import { beforeAll, describe, expect, inject, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { useRedis } from '../support/redis.js';
import { GeneratedApp, answers, type Recipe } from './generated-app.js';

const isQuick = process.env['PACKAGE'] === 'quick';

/** What Jest and Vitest say of tests that leave something behind. */
const LEFT_BEHIND = /did not exit|failed to exit|soft deleted|open handle|hanging/i;

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

    it.each([
      ['test', 'page.spec'],
      ['test:e2e', 'reports'],
    ])('passes its tests as they are set up: npm run %s', (script, tested) => {
      const told = app.run('npm', 'run', script);
      expect(told).toContain(tested);
      expect(told).not.toMatch(LEFT_BEHIND);
    });

    it.skipIf(isQuick || recipe.cli !== '11')(
      'passes those of mails with Jest as ES modules',
      () => {
        const told = app.runJestModules();
        expect(told).toContain('mails');
        expect(told).not.toMatch(LEFT_BEHIND);
      },
    );

    it.skipIf(isQuick)('is built anew and answers differently: npm run start:dev', async () => {
      await app.serve(['npm', 'run', 'start:dev'], await freePort(), async (get) => {
        await answers(get, '/reports/A7', REPLY);
        app.edit('src/reports.worker.ts', (text) => text.replace('`report ', '`paper '));
        await answers(get, '/reports/A7', REPLY.replace('report', 'paper'));
      });
    });
  });
}
