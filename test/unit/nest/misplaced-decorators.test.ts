import ts from 'typescript';
import { expect, it } from 'vitest';
import {
  InjectReplyWorkers,
  InjectRequestClient,
  JobCtx,
  JobData,
  OnJob,
} from '../../../lib/index.js';

type Decorate = (...given: unknown[]) => unknown;

/** The decorators with the type of compiled code, so that tests can misplace them. */
const onJob = OnJob('reports') as unknown as Decorate;
const bare = {
  '@OnJob': OnJob as unknown as Decorate,
  '@JobData': JobData as unknown as Decorate,
  '@JobCtx': JobCtx as unknown as Decorate,
  '@InjectRequestClient': InjectRequestClient as unknown as Decorate,
  '@InjectReplyWorkers': InjectReplyWorkers as unknown as Decorate,
};

class Worker {
  render(): void {}
  get made(): () => void {
    return () => undefined;
  }
  static make(): void {}
}
const method = Object.getOwnPropertyDescriptor(Worker.prototype, 'render');
const accessor = Object.getOwnPropertyDescriptor(Worker.prototype, 'made');
const staticMethod = Object.getOwnPropertyDescriptor(Worker, 'make');

const standard = (kind: string, name: string) => ({ kind, name, addInitializer: () => undefined });

it.each<[string, unknown[], string]>([
  [
    'an arrow function',
    [Worker.prototype, 'run', undefined],
    'the property "run" (write it as a method: `run(data, job) {}`)',
  ],
  ['one of SWC', [Worker.prototype, 'run', { initializer: () => undefined }], 'the property "run"'],
  ['a static property', [Worker, 'run', undefined], 'the static property "run"'],
  ['a class', [Worker], 'the class Worker'],
  ['a getter', [Worker.prototype, 'made', accessor], 'the accessor "made"'],
  ['a static method', [Worker, 'make', staticMethod], 'the static method "make"'],
  [
    'a parameter',
    [Worker.prototype, 'render', 0],
    'the parameter at index [0] of the method Worker#render',
  ],
  [
    'a parameter of a constructor',
    [Worker, undefined, 1],
    'the parameter at index [1] of the constructor of Worker',
  ],
])('@OnJob on %s is rejected, and the error names the target', (_, place, text) => {
  expect(() => onJob(...place)).toThrow(
    `Expected @OnJob("reports") to be on an instance method, got ${text}`,
  );
});

it.each<[string, Decorate, string, string]>([
  ['@OnJob("reports")', onJob, 'method', 'render'],
  ['@OnJob("reports")', onJob, 'method', '#render'],
  ['@OnJob("reports")', onJob, 'field', 'render'],
  ['@OnJob("reports")', onJob, 'class', 'Worker'],
  ['@InjectRequestClient', InjectRequestClient() as Decorate, 'field', 'client'],
  ['@InjectReplyWorkers', InjectReplyWorkers() as Decorate, 'accessor', 'workers'],
])(
  '%s compiled as a standard decorator is rejected with the missing flags (%#)',
  (name, decorate, kind, on) => {
    expect(() => decorate(undefined, standard(kind, on))).toThrow(
      `Expected ${name} to be compiled with \`"experimentalDecorators": true\` and \`"emitDecoratorMetadata": true\` in ` +
        `tsconfig.json (SWC: \`legacyDecorator\` and \`decoratorMetadata\`), got a standard decorator on the ${kind} "${on}"`,
    );
  },
);

it.each([
  ['@OnJob("reports")', 'class Worker { @decorate render() {} }', 'method "render"'],
  ['@OnJob("reports")', 'class Worker { @decorate #render() {} }', 'method "#render"'],
  ['@OnJob("reports")', 'class Worker { @decorate render = () => 1 }', 'field "render"'],
  ['@OnJob("reports")', 'class Worker { @decorate static render() {} }', 'method "render"'],
  ['@OnJob("reports")', '@decorate class Worker {}', 'class "Worker"'],
  ['@InjectRequestClient', 'class Caller { @decorate client }', 'field "client"'],
])('%s in %s, compiled without the flags, says so', (name, source, on) => {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, experimentalDecorators: false },
  });
  const run = new Function('decorate', outputText) as (decorate: unknown) => void;
  expect(() => run(name === '@InjectRequestClient' ? InjectRequestClient() : onJob)).toThrow(
    `got a standard decorator on the ${on}: these flags are missing`,
  );
});

it.each(Object.entries(bare))('%s without parentheses is rejected', (name, decorate) => {
  expect(() => decorate(Worker.prototype, 'render', method)).toThrow(
    new RegExp(
      `^Expected ${name} to be called, as in ${name}\\(.*\\), got no parentheses on the method "render"$`,
    ),
  );
  expect(() => decorate(Worker.prototype, 'render', 0)).toThrow(
    'got no parentheses on the parameter at index [0] of the method Worker#render',
  );
  expect(() => decorate(Worker, undefined, 0)).toThrow('of the constructor of Worker');
  expect(() => decorate(Worker.prototype, 'client', undefined)).toThrow('on the property "client"');
  if (name !== '@JobData') {
    // A class given to @JobData is a pipe.
    expect(() => decorate(Worker)).toThrow('no parentheses on the class Worker');
  }
  expect(() => decorate(undefined, standard('field', 'x'))).toThrow('experimentalDecorators');
});

it.each<[string, Decorate]>([
  ['@JobData', JobData() as Decorate],
  ['@JobCtx', JobCtx() as Decorate],
])('%s on anything but a parameter of an instance method is rejected', (name, decorate) => {
  for (const [place, text] of [
    [[Worker, undefined, 0], 'the parameter at index [0] of the constructor of Worker'],
    [[Worker, 'make', 0], 'the parameter at index [0] of the static method Worker#make'],
    [[Worker.prototype, 'render', method], 'the method "render"'],
    [[Worker.prototype, 'render', undefined], 'the property "render"'],
    [[Worker], 'the class Worker'],
  ] as const) {
    expect(() => decorate(...place)).toThrow(
      `Expected ${name} to be on a parameter of an instance method, got ${text}`,
    );
  }
});

it.each(['', '\ud800', 5, null])(
  '@InjectRequestClient(%j) is rejected, since it is no name of an instance',
  (name) => {
    const decorate = InjectRequestClient(name as string) as Decorate;
    expect(() => decorate(Worker, undefined, 0)).toThrow(
      'Expected the name in @InjectRequestClient on the parameter at index [0] of the constructor of Worker to be ',
    );
  },
);

it('@InjectRequestClient on a method is rejected', () => {
  const decorate = InjectRequestClient() as Decorate;
  expect(() => decorate(Worker.prototype, 'render', method)).toThrow(
    'Expected @InjectRequestClient to be on a constructor parameter or an instance property, got the method "render"',
  );
});

const schema = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
};
class Pipe {
  transform = (value: unknown): unknown => value;
}

it.each<[string, unknown[], string]>([
  [
    'an object',
    [{}],
    'a pipe in @JobData on the parameter at index [0] of the method Worker#render to be a class or an object with',
  ],
  ['a number behind a property', ['id', 5], 'got `5` (number)'],
  ['two properties', ['id', 'name'], 'got "name" (string)'],
  ['an arrow function', [(value: unknown) => value], 'got a function'],
  ['an array', [[new Pipe()]], 'got an array'],
  ['a schema alone', [schema], 'to be a pipe, got a schema (write `{ schema }`)'],
  [
    'what is no schema',
    [{ schema: { parse: () => 1 } }],
    'schema in @JobData on the parameter at index [0] of the method Worker#render to be a Standard Schema',
  ],
  ['pipes that are none', [{ pipes: [5] }], 'got `5` (number)'],
  [
    'pipes without an array',
    ['id', { pipes: new Pipe() }],
    'to be an array of pipes, got an object',
  ],
  ['another option', [{ schema, other: 1 }], 'Expected other in @JobData'],
  ['an empty property', [''], 'the property in @JobData on the parameter at index [0]'],
])('@JobData rejects %s and names the parameter', (_, given, text) => {
  const decorate = (JobData as unknown as Decorate)(...given) as Decorate;
  expect(() => decorate(Worker.prototype, 'render', 0)).toThrow(text);
});

it.each<[unknown[]]>([
  [[]],
  [['id']],
  [[undefined, Pipe]],
  [['id', Pipe, new Pipe()]],
  [[{ schema }]],
  [[{ schema, pipes: [Pipe] }]],
  [['id', { schema, pipes: [new Pipe()] }, Pipe]],
])('@JobData accepts the same arguments as `@Payload`: %j', (given) => {
  const decorate = (JobData as unknown as Decorate)(...given) as Decorate;
  class Fresh {
    render(): void {}
  }
  expect(() => decorate(Fresh.prototype, 'render', 0)).not.toThrow();
});

it('@JobCtx with an argument is rejected', () => {
  const decorate = (JobCtx as unknown as Decorate)('job') as Decorate;
  expect(() => decorate(Worker.prototype, 'render', 0)).toThrow(
    'Expected @JobCtx on the parameter at index [0] of the method Worker#render to be without arguments, because it passes ' +
      'the whole context, got "job" (string)',
  );
});
