import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { OPTION_RULES, resolveOptions } from '../../lib/core/resolve-options.js';

const PAGE = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8');
const ENTRIES = [
  '../../lib/index.ts',
  '../../lib/core/index.ts',
  '../../lib/dashboard/index.ts',
].map((entry) => fileURLToPath(new URL(entry, import.meta.url)));

const program = ts.createProgram(ENTRIES, {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  experimentalDecorators: true,
  noEmit: true,
});
const checker = program.getTypeChecker();

/** The names of the members of an interface that the library exports. */
function membersOf(name: string): string[] {
  for (const entry of ENTRIES) {
    const source = program.getSourceFile(entry);
    const module = source && checker.getSymbolAtLocation(source);
    const found = module && checker.getExportsOfModule(module).find((each) => each.name === name);
    if (found) {
      const isAlias = (found.flags & ts.SymbolFlags.Alias) !== 0;
      const declared = isAlias ? checker.getAliasedSymbol(found) : found;
      const type = checker.getDeclaredTypeOfSymbol(declared);
      return checker.getPropertiesOfType(type).map((member) => member.name);
    }
  }
  throw new Error(`The library exports no ${name}`);
}

/** The text of each option of one section of the page, by the name in its heading. */
function optionsIn(section: string): ReadonlyMap<string, string> {
  const [, text = ''] = PAGE.split(`\n## ${section}\n`);
  const [own = ''] = text.split('\n## ');
  return new Map(
    own
      .split('\n### ')
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf('\n')), part] as const),
  );
}

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].toSorted();

const MODULE = [...membersOf('ReqRepModuleOptions'), ...membersOf('ReqRepModuleExtras')];

it.each([
  { section: 'Options of the module', options: MODULE },
  {
    section: 'Options of a call',
    options: [...membersOf('SendOptions'), ...membersOf('EmitOptions')],
  },
  { section: 'Options of @OnJob', options: membersOf('OnJobOptions') },
  {
    section: 'Options of createReqRep',
    options: membersOf('CreateReqRepOptions').filter((name) => !MODULE.includes(name)),
  },
  { section: 'Options of serve', options: membersOf('ServeOptions') },
  { section: 'Options of the dashboard', options: membersOf('ReqRepDashboardOptions') },
])(
  'docs/options.md has a heading for each of the $section, and no other',
  ({ section, options }) => {
    expect(options).not.toEqual([]);
    expect(sorted(optionsIn(section).keys())).toEqual(sorted(options));
  },
);

it('docs/options.md names the options of the module that createReqRep does not take', () => {
  const own = new Set(membersOf('CreateReqRepOptions'));
  const missing = MODULE.filter((name) => !own.has(name));
  const [, text = ''] = PAGE.split('\n## Options of createReqRep\n');
  const [sentence = ''] = text.split('### ');
  const named = [...sentence.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
  expect(named.filter((name) => MODULE.includes(name) && !own.has(name)).toSorted()).toEqual(
    missing.toSorted(),
  );
});

/** What a `Default:` line says, where it is a literal: `30_000`, `false`, `'text'` or `['text']`. */
function defaultIn(text: string): unknown {
  const literal = /^Default: `([^`]+)`/m.exec(text)?.[1] ?? 'undefined';
  return literal === 'undefined'
    ? undefined
    : JSON.parse(literal.replaceAll("'", '"').replaceAll('_', ''));
}

it('docs/options.md tells the defaults that the library has', () => {
  const told = optionsIn('Options of the module');
  const resolved = resolveOptions({}, OPTION_RULES, 'a test');
  // These are no options as a user gives them, but what was made of some.
  const defaults = Object.fromEntries(
    Object.entries(resolved).filter(([name]) => !['failFast', 'source', 'where'].includes(name)),
  );
  expect(
    Object.fromEntries(
      Object.keys(defaults).map((name) => [name, defaultIn(told.get(name) ?? '')]),
    ),
  ).toEqual(defaults);
});
