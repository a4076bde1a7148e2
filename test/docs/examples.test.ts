import { afterAll, describe, expect, it, vi } from 'vitest';
import { ExampleCompiler } from './examples/compiler.js';
import { docPages } from './examples/doc-page.js';
import { ExampleApps } from './examples/example-apps.js';
import { hasPython, needsPython, runApp } from './examples/run-app.js';

vi.setConfig({ maxConcurrency: 2, testTimeout: 180_000 });

const apps = new ExampleApps();
const compiler = new ExampleCompiler(apps.folder);

afterAll(() => apps.remove());

describe.concurrent('examples compile, and print what their page says', () => {
  it.each(docPages().map((page) => [page.name, page] as const))('docs/%s', async (name, page) => {
    expect(page.mistakes).toEqual([]);
    const app = apps.write(page);
    expect(compiler.compile(app)).toEqual([]);
    await runApp(app);
    if (needsPython(app) && !hasPython) {
      process.stderr.write(`Skipped the examples in Python of docs/${name}: no python3\n`);
    }
  });
});
