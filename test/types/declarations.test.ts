import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ESM = fileURLToPath(new URL('../../dist/esm/', import.meta.url));
const ENTRIES = [
  'index.d.ts',
  'core/index.d.ts',
  'dashboard/index.d.ts',
  'microservices/index.d.ts',
  'opentelemetry/index.d.ts',
  'terminus/index.d.ts',
  'testing/index.d.ts',
].map((file) => ESM + file);

const program = ts.createProgram(ENTRIES, {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  skipLibCheck: true,
  types: ['node'],
});
const checker = program.getTypeChecker();

/** The files that an application's compiler reads. */
const files = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(ESM));

const exportsOf = (file: ts.SourceFile): ts.Symbol[] => {
  const module = checker.getSymbolAtLocation(file);
  return (module ? checker.getExportsOfModule(module) : []).map((symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  );
};

const exported = new Set(
  files.filter(({ fileName }) => ENTRIES.includes(fileName)).flatMap(exportsOf),
);

type Declaration = ts.NamedDeclaration & { readonly name: ts.Node };

const isNamed = (node: ts.Node): node is Declaration =>
  'name' in node && node.name !== undefined && !ts.isExportSpecifier(node);

/** What a file declares: at its top, and as members of its classes and interfaces. */
const declarationsIn = (file: ts.SourceFile): Declaration[] =>
  file.statements
    .flatMap((node): readonly ts.Node[] => {
      if (ts.isVariableStatement(node)) {
        return node.declarationList.declarations;
      }
      return ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)
        ? [node, ...node.members]
        : [node];
    })
    .filter(isNamed)
    .filter(({ name }) => !ts.isPrivateIdentifier(name));

/** Names a declaration by its file, its class or interface, and its name. */
function placeOf({ name, parent }: Declaration): string {
  const owner =
    ts.isClassDeclaration(parent) || ts.isInterfaceDeclaration(parent) ? parent : undefined;
  const names = [owner?.name, name].flatMap((node) => node?.getText() ?? []);
  return `${name.getSourceFile().fileName.slice(ESM.length)}: ${names.join('.')}`;
}

/** Whether a declaration, or the first overload of it, has a comment of its own or one that it inherits. */
const isDocumented = ({ name }: Declaration): boolean =>
  (checker.getSymbolAtLocation(name)?.getDocumentationComment(checker).length ?? 0) > 0;

describe('the types of the package', { timeout: 120_000 }, () => {
  it('come from files whose exports are exports of an entry', () => {
    const internal = files
      .flatMap(exportsOf)
      .filter((symbol) => !exported.has(symbol))
      .flatMap(({ declarations = [] }) => declarations.filter(isNamed))
      .filter((node) => files.includes(node.getSourceFile()))
      .map(placeOf);
    expect([...new Set(internal)]).toEqual([]);
  });

  it('have no members and no comments that are marked as internal', () => {
    const marked = files.filter(({ text }) => text.includes('@internal') || /^\s*\/\//m.test(text));
    expect(marked.map(({ fileName }) => fileName)).toEqual([]);
  });

  it('have a doc comment on each declaration and each member', () => {
    const bare = files.flatMap(declarationsIn).filter((node) => !isDocumented(node));
    expect(bare.map(placeOf)).toEqual([]);
  });
});
