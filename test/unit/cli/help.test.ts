import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../lib/cli/commands.js';
import { commandHelp, generalHelp } from '../../../lib/cli/frame/help.js';

const texts = [
  ['nestjs-reqrep', generalHelp(COMMANDS)] as const,
  ...COMMANDS.map((command) => [command.name, commandHelp(command)] as const),
];

it.each(texts)('the help of %s fits 80 columns, and its lines end without spaces', (_, text) => {
  const lines = text.split('\n');
  expect(lines.filter((line) => line.length > 80 || line.endsWith(' '))).toEqual([]);
});

describe.each(COMMANDS)('the help of $name', (command) => {
  it('has at least two examples, which call the command', () => {
    expect(command.examples.length).toBeGreaterThanOrEqual(2);
    for (const [line] of command.examples) {
      expect(line).toContain(`nestjs-reqrep ${command.name}`);
      expect(commandHelp(command)).toContain(`  ${line}\n`);
    }
  });

  it('names each option and the exit codes', () => {
    const text = commandHelp(command);
    Object.keys(command.options).forEach((option) => expect(text).toContain(`  --${option}`));
    expect(text).toMatch(/\nExit codes:\n {2}0 {4}.+\n/);
  });
});
