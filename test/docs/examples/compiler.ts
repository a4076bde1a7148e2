import { join, relative } from 'node:path';
import ts from 'typescript';
import type { ExampleApp } from './example-apps.js';

/** What README.md advises, with what a test of Vitest needs. */
const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  types: ['node', 'vitest/globals'],
};

/** Compiles pages, each on its own: one page may add to the `JobMap` what another one must not see. */
export class ExampleCompiler {
  /** Files of packages, which all pages share. */
  private readonly parsed = new Map<string, ts.SourceFile | undefined>();

  /** @param folder - whose `node_modules` the pages use. */
  constructor(private readonly folder: string) {}

  /** Compiles the files of a page. @returns what is wrong with them. */
  compile({ page, sources, output }: ExampleApp): string[] {
    const names = page.files.filter(({ name }) => name.endsWith('.ts'));
    if (names.length === 0) {
      return [];
    }
    const options = { ...OPTIONS, rootDir: sources, outDir: output };
    const program = ts.createProgram(
      names.map(({ name }) => join(sources, name)),
      options,
      this.hostOf(sources, options),
    );
    const diagnostics = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
    return diagnostics.map((diagnostic) => textOf(diagnostic, sources));
  }

  private hostOf(sources: string, options: ts.CompilerOptions): ts.CompilerHost {
    const host = ts.createCompilerHost(options);
    const parse = host.getSourceFile.bind(host);
    return {
      ...host,
      getCurrentDirectory: () => this.folder,
      getSourceFile: (file, ...rest) => {
        if (file.startsWith(sources)) {
          return parse(file, ...rest);
        }
        if (!this.parsed.has(file)) {
          this.parsed.set(file, parse(file, ...rest));
        }
        return this.parsed.get(file);
      },
    };
  }
}

function textOf({ file, start = 0, messageText }: ts.Diagnostic, sources: string): string {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n');
  if (file === undefined) {
    return text;
  }
  const { line } = file.getLineAndCharacterOfPosition(start);
  return `${relative(sources, file.fileName)}:${line + 1} ${text}`;
}
