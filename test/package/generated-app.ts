import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../support/wait-for.js';
import { withoutVitest } from '../support/without-vitest.js';
import { exampleOf } from './examples.js';

/** Outside the repository, whose packages they would find, and not within a `node_modules`, whose tests Jest leaves out. */
const CACHE = join(tmpdir(), 'nestjs-reqrep-generated-apps');
const OURS = fileURLToPath(new URL('generated', import.meta.url));
const JEST_MODULES = fileURLToPath(new URL('jest-modules', import.meta.url));

/** Development dependencies of a generated application that nothing here runs, and that take long to install. */
const NOT_RUN = /eslint|oxlint|prettier|mau|globals|coverage/;

const INSTALL = ['install', '--no-audit', '--no-fund', '--silent', '--prefer-offline'];

export interface Recipe {
  /** A major version of `@nestjs/cli`. */
  readonly cli: string;
  /** Packages that Nest's CLI asks for where a builder other than its default is chosen. */
  readonly packages: readonly string[];
}

/** An application that Nest's own CLI made, with a worker and a controller that use the library. */
export class GeneratedApp {
  private constructor(
    readonly folder: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Makes it, or takes the one that was made before by the same version of the CLI, and installs the tarball in it. */
  static create(
    recipe: Recipe,
    tarball: string,
    env: Readonly<Record<string, string>>,
  ): GeneratedApp {
    const folder = cachedFolder(recipe);
    if (!existsSync(folder)) {
      const unfinished = mkdtempSync(`${folder}-`);
      generate(unfinished, recipe);
      renameSync(unfinished, folder);
    }
    const app = new GeneratedApp(join(folder, 'app'), env);
    app.addReports(tarball, `@nestjs/microservices@${recipe.cli}`);
    return app;
  }

  /** Runs a command of the application to its end. @returns what it wrote. */
  run(command: string, ...args: string[]): string {
    const { stdout, stderr } = execute(this.folder, [command, ...args], this.env);
    return stdout + stderr; // Jest says on stderr what it ran.
  }

  /**
   * Starts a command that serves HTTP, and stops it, with all that it has started, once `use` is done.
   */
  async serve(
    command: readonly [string, ...string[]],
    port: number,
    use: (get: (path: string) => Promise<string>) => Promise<void>,
  ): Promise<void> {
    const [file, ...args] = command;
    const child = spawn(file, args, {
      cwd: this.folder,
      env: { ...withoutVitest(process.env), ...this.env, PORT: String(port) },
      stdio: 'ignore',
      detached: true,
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    try {
      await use(async (path) => {
        const response = await fetch(`http://localhost:${port}${path}`).catch(() => undefined);
        return (await response?.text()) ?? '';
      });
    } finally {
      process.kill(-(child.pid ?? 0), 'SIGTERM');
      await ended;
    }
  }

  /** Changes a source file, as its author would. */
  edit(file: string, change: (text: string) => string): void {
    const path = join(this.folder, file);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  }

  private addReports(...packages: readonly string[]): void {
    this.run('npm', ...INSTALL, ...packages);
    cpSync(OURS, this.folder, { recursive: true });
    const reports = exampleOf('README.md', 'src/reports.spec.ts');
    writeFileSync(join(this.folder, 'src/readme.ts'), exampleOf('README.md', 'src/reports.ts'));
    writeFileSync(
      join(this.folder, 'src/readme.spec.ts'),
      reports.replace('./reports.js', './readme.js'),
    );
    const page = 'docs/testing.md';
    const spec = exampleOf(page, 'reports.spec.ts').replace('./app.module.js', './page.module.js');
    writeFileSync(join(this.folder, 'src/page.module.ts'), exampleOf(page, 'app.module.ts'));
    writeFileSync(join(this.folder, 'src/page.spec.ts'), spec);
    const isModule =
      JSON.parse(readFileSync(join(this.folder, 'package.json'), 'utf8')).type === 'module';
    this.edit('src/app.module.ts', (text) =>
      text.includes('ReportsModule')
        ? text
        : `import { ReportsModule } from './reports.module.js';\n${text.replace('imports: []', 'imports: [ReportsModule]')}`,
    );
    if (!isModule) {
      // As its CLI writes imports, and as Jest finds them.
      for (const file of ['src', 'test'].flatMap((name) =>
        readdirSync(join(this.folder, name)).map((each) => join(name, each)),
      )) {
        this.edit(file, (text) =>
          withJest(text).replaceAll(/(from '(?:\.|supertest\/)[^']*)\.js'/g, "$1'"),
        );
      }
    }
  }

  /** Runs the tests of mails as ES modules with Jest, in an application that is CommonJS else. @returns what it wrote. */
  runJestModules(): string {
    cpSync(JEST_MODULES, join(this.folder, 'modules'), { recursive: true });
    const files = readdirSync(join(OURS, 'src')).filter((name) => name.startsWith('mails'));
    for (const file of files) {
      const text = readFileSync(join(OURS, 'src', file), 'utf8');
      const imported = file.endsWith('.spec.ts') ? "import { jest } from '@jest/globals';\n" : '';
      writeFileSync(join(this.folder, 'modules', file), imported + withJest(text));
    }
    const jest = ['node_modules/jest/bin/jest.js', '--config', 'modules/jest.config.mjs'];
    return this.run('node', '--experimental-vm-modules', ...jest);
  }
}

/** @returns a test of Vitest as one of Jest. */
const withJest = (text: string): string => text.replaceAll(/\bvi\./g, 'jest.');

function cachedFolder({ cli, packages }: Recipe): string {
  const versions: string[] = [
    JSON.parse(execute('.', ['npm', 'view', `@nestjs/cli@${cli}`, 'version', '--json']).stdout),
  ].flat();
  const { compare } = new Intl.Collator('en', { numeric: true });
  const version = versions.toSorted(compare).at(-1);
  const key = createHash('sha256')
    .update(JSON.stringify([version, process.versions.modules, packages, String(NOT_RUN)]))
    .digest('hex');
  mkdirSync(CACHE, { recursive: true });
  return join(CACHE, `cli-${version}-${key.slice(0, 8)}`);
}

function generate(folder: string, { cli, packages }: Recipe): void {
  const app = join(folder, 'app');
  const install = ['npm', ...INSTALL];
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  execute(folder, [...install, `@nestjs/cli@${cli}`]);
  execute(folder, [
    'npx',
    '--no-install',
    'nest',
    'new',
    'app',
    '--skip-install',
    '--skip-git',
    '--package-manager',
    'npm',
  ]);
  // What the CLI needs is a part of what the application needs.
  renameSync(join(folder, 'node_modules'), join(app, 'node_modules'));
  const manifest = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
  manifest.devDependencies = Object.fromEntries(
    Object.entries(manifest.devDependencies).filter(([name]) => !NOT_RUN.test(name)),
  );
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest, undefined, 2));
  execute(app, [...install, 'ioredis', ...packages]);
}

function execute(
  cwd: string,
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd,
    encoding: 'utf8',
    // What Vitest sets would tell the application's own tests that they run within it.
    env: { ...withoutVitest(process.env), ...env },
  });
  if (status !== 0) {
    throw new Error(`${[file, ...args].join(' ')} failed in ${cwd}:\n${stdout}\n${stderr}`);
  }
  return { stdout, stderr };
}

/** Waits until an application answers with a text. */
export const answers = (
  get: (path: string) => Promise<string>,
  path: string,
  text: string,
): Promise<void> => waitFor(async () => (await get(path)) === text, 60_000);
