import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DocPage } from './doc-page.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The folder of one page's application. */
export interface ExampleApp {
  readonly page: DocPage;
  /** Where its files are, as the page shows them. */
  readonly sources: string;
  /** Where its compiled files belong. */
  readonly output: string;
}

/** Writes the files of each page into a folder of its own, where the built library is installed as a package. */
export class ExampleApps {
  readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-docs-'));

  constructor() {
    const modules = join(this.folder, 'node_modules');
    const installed = join(modules, 'nestjs-reqrep');
    mkdirSync(installed, { recursive: true });
    for (const name of ['package.json', 'dist']) {
      cpSync(join(ROOT, name), join(installed, name), { recursive: true });
    }
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    writeFileSync(join(this.folder, 'package.json'), '{ "private": true, "type": "module" }');
  }

  write(page: DocPage): ExampleApp {
    const folder = join(this.folder, page.name.replace('.md', ''));
    const sources = join(folder, 'src');
    for (const { name, text } of page.files) {
      mkdirSync(dirname(join(sources, name)), { recursive: true });
      writeFileSync(join(sources, name), text);
    }
    return { page, sources, output: join(folder, 'dist') };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
