import { expect, it } from 'vitest';
import { docPage } from './examples/doc-page.js';
import { printedLines, promisedLines } from './examples/printed.js';

const block = (language: string, ...lines: readonly string[]): string =>
  `\`\`\`${language}\n${lines.map((line) => `${line}\n`).join('')}\`\`\`\n`;

it.each([
  ['a block without the name of its file', block('ts', 'const a = 1;'), 'no first line'],
  ['two files of one name', block('ts', '// a.ts').repeat(2), 'the name of another block'],
  ['a language that is not run', block('typescript', '// a.ts'), 'an unknown language'],
  ['a block without a language', block('', 'a'), 'an unknown language'],
  ['JSON that is none', block('json', '{ a }'), 'is no JSON'],
  ['the library in what is not run', block('js', "import 'nestjs-reqrep';"), 'write ```ts'],
  ['an indented block', '  ```ts\n  ```\n', 'is indented'],
])('%s is a mistake', (_, text, mistake) => {
  expect(docPage('page.md', text).mistakes).toEqual([expect.stringContaining(mistake)]);
});

it('all files of a page are found, and shown blocks are none', () => {
  const text = [block('ts', '// a.ts'), block('sh', 'ls'), block('python', '# b.py')].join('\n');
  const { files, mistakes } = docPage('page.md', text);
  expect(mistakes).toEqual([]);
  expect(files.map(({ name }) => name)).toEqual(['a.ts', 'b.py']);
});

it('an example says what it prints, and right below what it prints next', () => {
  const lines = ["console.log('// a'); // a", '  // b', '', '// no text', 'console.log(1); // 1'];
  expect(promisedLines({ name: 'a.ts', text: `${lines.join('\n')}\n` })).toEqual(['a', 'b', '1']);
  expect(promisedLines({ name: 'a.py', text: 'print(1)  # 1\n' })).toEqual(['1']);
  expect(promisedLines({ name: 'a.ts', text: 'console.log(1);\n' })).toEqual([]);
});

it('the log of Nest is not what an example prints', () => {
  expect(printedLines('[Nest] 1  - LOG [ReqRep] Serving\n42\n')).toEqual(['42']);
});
