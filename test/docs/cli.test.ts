import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../lib/cli/commands.js';
import { EXIT } from '../../lib/cli/frame/exit-codes.js';
import { commandHelp, generalHelp } from '../../lib/cli/frame/help.js';

/** `UPDATE_DOCS=1` writes into the page what is printed now, instead of comparing. */
const isUpdate = process.env['UPDATE_DOCS'] === '1';

const PAGE = new URL('../../docs/cli.md', import.meta.url);

/** Matches a block of the page with what `help` prints; the groups are its first line, the command, and the text. */
const HELP_BLOCK =
  /(?<=^```text\n)(\$ npx nestjs-reqrep help ?([a-z ]*)\n)([^`]*(?:`[^`]+`[^`]*)*?)(?=^```$)/gm;

const helpOf = (name: string): string => {
  const command = COMMANDS.find((each) => each.name === name);
  return command ? commandHelp(command) : generalHelp(COMMANDS);
};

it('docs/cli.md has what the help says', () => {
  const page = readFileSync(PAGE, 'utf8');
  const now = page.replaceAll(
    HELP_BLOCK,
    (_, line: string, name: string) => `${line}${helpOf(name)}`,
  );
  if (isUpdate) {
    writeFileSync(PAGE, now);
    return;
  }
  expect(page).toBe(now);
});

it('docs/cli.md has the help of each command', () => {
  const page = readFileSync(PAGE, 'utf8');
  const shown = [...page.matchAll(HELP_BLOCK)].map(([, , name]) => name);
  expect(shown.toSorted()).toEqual(['', ...COMMANDS.map(({ name }) => name)].toSorted());
});

it('docs/cli.md has each exit code', () => {
  const page = readFileSync(PAGE, 'utf8');
  const codes = [...page.matchAll(/^\| (\d+)(?: or (\d+))? +\|/gm)].flatMap(([, ...each]) =>
    each.filter((code) => code !== undefined).map(Number),
  );
  expect(codes).toEqual(Object.values(EXIT));
});
