import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Where the modules seem to be: the package can be imported there by its name. */
const FOLDER = fileURLToPath(new URL('.', import.meta.url));

const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  experimentalDecorators: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
};

const sources = new Map<string, ts.SourceFile | undefined>();

/** Compiles texts, each a module of an application, and returns what the compiler says of each. */
export function messagesOf(name: string, header: string, texts: readonly string[]): string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const files = new Map(
    texts.map((text, index) => [`${FOLDER}${name}-${index}.ts`, `export {};${header}${text}`]),
  );
  const read = host.getSourceFile.bind(host);
  host.fileExists = (file) => files.has(file) || ts.sys.fileExists(file);
  host.readFile = (file) => files.get(file) ?? ts.sys.readFile(file);
  host.getSourceFile = (file, ...rest) => {
    const own = files.get(file);
    if (own !== undefined) {
      return ts.createSourceFile(file, own, ts.ScriptTarget.ES2022);
    }
    if (!sources.has(file)) {
      sources.set(file, read(file, ...rest));
    }
    return sources.get(file);
  };
  const program = ts.createProgram([...files.keys()], OPTIONS, host);
  return [...files.keys()].map((file) => {
    const found = program.getSemanticDiagnostics(program.getSourceFile(file));
    return found
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
      .join('\n');
  });
}

/** Returns how an editor shows a name in a text: the first `name` that the text has. */
export function shownInEditor(text: string, name: string): string {
  const file = `${FOLDER}editor.ts`;
  const fileExists = (path: string): boolean => path === file || ts.sys.fileExists(path);
  const readFile = (path: string): string | undefined =>
    path === file ? text : ts.sys.readFile(path);
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const source = readFile(path);
      return source === undefined ? undefined : ts.ScriptSnapshot.fromString(source);
    },
    getCurrentDirectory: () => FOLDER,
    getCompilationSettings: () => OPTIONS,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists,
    readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });
  const info = service.getQuickInfoAtPosition(file, text.indexOf(name));
  return ts.displayPartsToString(info?.displayParts);
}
