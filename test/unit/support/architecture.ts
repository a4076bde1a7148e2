import { posix } from 'node:path';
import {
  createSourceFile,
  forEachChild,
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isStringLiteralLike,
  isTemplateHead,
  isTemplateMiddle,
  isTemplateTail,
  ScriptTarget,
  SyntaxKind,
  type Node,
} from 'typescript';

/** What client and workers are put together of. */
const ENGINE = [
  'admin',
  'client',
  'worker',
  'redis',
  'memory',
  'driver',
  'protocol',
  'telemetry',
  'options',
  'errors',
  'rxjs',
  'node:',
];

/**
 * What each folder of the library may import beside itself, types included. Whatever stands here neither by itself
 * nor by its scope is forbidden.
 */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // `reflect-metadata`: the metadata of decorators.
  nest: ['core', ...ENGINE, '@nestjs', 'reflect-metadata'],
  core: ENGINE,
  cli: [
    'core',
    'dashboard',
    'admin',
    'client',
    'worker',
    'redis',
    'driver',
    'protocol',
    'telemetry',
    'options',
    'errors',
    'node:',
  ],
  opentelemetry: ['telemetry', 'protocol', 'options', 'errors', '@opentelemetry', 'node:'],
  microservices: [
    'nest',
    'core',
    'client',
    'worker',
    'admin',
    'driver',
    'protocol',
    'telemetry',
    'options',
    'errors',
    '@nestjs',
    'rxjs',
    'node:',
  ],
  terminus: [
    'nest',
    'core',
    'client',
    'worker',
    'driver',
    'protocol',
    'telemetry',
    'options',
    'errors',
    '@nestjs',
  ],
  dashboard: [
    'nest',
    'core',
    'admin',
    'driver',
    'protocol',
    'telemetry',
    'options',
    'errors',
    '@nestjs',
    'node:',
    'preact',
  ],
  testing: [
    'nest',
    'core',
    'client',
    'worker',
    'memory',
    'driver',
    'protocol',
    'errors',
    '@nestjs',
    'node:',
  ],
  admin: ['driver', 'protocol', 'telemetry', 'options', 'errors', 'node:'],
  client: ['driver', 'protocol', 'telemetry', 'options', 'errors', 'rxjs', 'node:'],
  worker: ['driver', 'protocol', 'telemetry', 'options', 'errors', 'rxjs', 'node:'],
  redis: ['driver', 'protocol', 'telemetry', 'options', 'errors', 'ioredis', 'node:'],
  memory: ['driver', 'protocol', 'telemetry', 'errors', 'node:'],
  driver: ['protocol', 'errors', 'node:'],
  protocol: ['errors'],
  options: ['errors'],
  telemetry: ['node:'],
  errors: [],
};

/**
 * What each room of a folder may import of the rooms beside it. The files that stand in the folder itself are `top` where they put
 * the rooms together, and `floor` where the rooms stand on them.
 */
const ROOMS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  client: {
    top: ['replies', 'waiting', 'sending', 'calls'],
    replies: ['waiting', 'sending', 'calls'],
    waiting: ['sending', 'calls'],
    sending: ['calls'],
    calls: [],
  },
  worker: {
    top: ['liveness', 'running', 'settling', 'taking'],
    liveness: ['settling', 'taking'],
    running: ['settling', 'taking'],
    settling: ['taking'],
    taking: [],
  },
  nest: {
    module: ['handlers', 'pipeline', 'floor'],
    handlers: ['pipeline', 'floor'],
    pipeline: ['floor'],
    floor: [],
  },
  redis: {
    top: ['connection', 'topology', 'operations'],
    connection: ['topology', 'operations'],
    topology: [],
    operations: [],
  },
  cli: {
    top: ['commands', 'doctor', 'tables', 'frame'],
    commands: ['doctor', 'tables', 'frame'],
    doctor: ['frame'],
    tables: ['frame'],
    frame: [],
  },
  dashboard: {
    top: ['module'],
    module: ['server'],
    server: [],
    page: [],
  },
  protocol: { operations: ['wire', 'floor'], wire: ['floor'], floor: [] },
};

/** What every room of a folder is told. */
const TOLD_TO_ALL: ReadonlySet<string> = new Set([
  'worker/worker-options.ts',
  'dashboard/dashboard-api.ts',
]);

/** What applications import, which name every export. Nothing within the library imports them. */
const ENTRIES: ReadonlySet<string> = new Set([
  'index.ts',
  'core/index.ts',
  'dashboard/index.ts',
  'microservices/index.ts',
  'opentelemetry/index.ts',
  'terminus/index.ts',
  'testing/index.ts',
]);

/**
 * @param path - from the library's folder on, such as `client/request-client.ts`.
 * @returns what the file imports and must not, in words.
 */
export function wrongImports(path: string, text: string): string[] {
  if (ENTRIES.has(path) && nodesOf(text).some(isWildcardExport)) {
    return [`${path} exports by wildcard`];
  }
  if (path === 'index.ts') {
    return [];
  }
  const [folder = ''] = path.split('/');
  const allowed = ALLOWED[folder];
  if (!path.includes('/') || !allowed) {
    return [`${path} lies in no known folder`];
  }
  return importsOf(text)
    .filter(
      (from) => ![folder, ...allowed].includes(targetOf(path, from)) || !isAllowedRoom(path, from),
    )
    .map((from) => `${path} imports ${from}`);
}

function isAllowedRoom(path: string, from: string): boolean {
  const [folder = ''] = path.split('/');
  const rooms = ROOMS[folder];
  const target = posix.join(posix.dirname(path), from).replace(/\.js$/, '.ts');
  if (
    !rooms ||
    !from.startsWith('.') ||
    !target.startsWith(`${folder}/`) ||
    TOLD_TO_ALL.has(target)
  ) {
    return true;
  }
  const open = 'top' in rooms ? 'top' : 'floor';
  const roomOf = (file: string): string => {
    const [, room = '', inRoom] = file.split('/');
    return inRoom === undefined ? open : room;
  };
  const [own, other] = [roomOf(path), roomOf(target)];
  return own === other || (rooms[own]?.includes(other) ?? false);
}

/** The last part of each key but `paused`, which is a word of its own as well; those behind which an id follows include their colon. */
const WHOLE_SUFFIXES = new Set([
  'requests',
  'workers',
  'dead',
  'deadids',
  'deadletters',
  'cancel',
  'totals',
  'reqrep:queues',
  'reqrep:control',
]);
const OPEN_SUFFIXES = ['replies:', 'active:', 'worker:', 'purged:'];

/** @returns the literals of a file, or parts of its templates, that spell a suffix of a Redis key. */
export function spelledKeys(text: string): string[] {
  return nodesOf(text)
    .filter(
      (node) =>
        isStringLiteralLike(node) ||
        isTemplateHead(node) ||
        isTemplateMiddle(node) ||
        isTemplateTail(node),
    )
    .map((node) => node.text)
    .filter(
      (literal) =>
        WHOLE_SUFFIXES.has(literal) || OPEN_SUFFIXES.some((suffix) => literal.includes(suffix)),
    );
}

/** The folder or the entry of the library, the scope or the name of the package that an import leads to. */
function targetOf(path: string, from: string): string {
  if (from.startsWith('.')) {
    const target = posix.join(posix.dirname(path), from);
    const [folder = ''] = target.split('/');
    return ENTRIES.has(target.replace(/\.js$/, '.ts')) ? target : folder;
  }
  if (from.startsWith('node:')) {
    return 'node:';
  }
  const [name = ''] = from.split('/');
  return name;
}

/** What a file refers to other modules by. */
function importsOf(text: string): string[] {
  return nodesOf(text).flatMap((node) => {
    const specifier = specifierIn(node);
    return specifier && isStringLiteralLike(specifier) ? [specifier.text] : [];
  });
}

/** What a declaration or an expression refers to another module by. */
export function specifierIn(node: Node): Node | undefined {
  if (isImportDeclaration(node) || isExportDeclaration(node)) {
    return node.moduleSpecifier;
  }
  if (isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword) {
    return node.arguments[0];
  }
  if (isImportTypeNode(node) && isLiteralTypeNode(node.argument)) {
    return node.argument.literal;
  }
  return undefined;
}

const isWildcardExport = (node: Node): boolean =>
  isExportDeclaration(node) && node.exportClause?.kind !== SyntaxKind.NamedExports;

/** Files that were read, since several checks read each. */
const read = new Map<string, readonly Node[]>();

/** All nodes of a file; comments are none. */
export function nodesOf(text: string): readonly Node[] {
  const known = read.get(text);
  if (known) {
    return known;
  }
  const nodes: Node[] = [];
  const visit = (node: Node): void => {
    nodes.push(node);
    forEachChild(node, visit);
  };
  visit(createSourceFile('file.ts', text, ScriptTarget.Latest, true));
  read.set(text, nodes);
  return nodes;
}
