import { parseArgs } from 'node:util';
import { shown } from '../../errors/error-text.js';
import { mayHoldSecret } from '../../errors/value-text.js';
import { nearestName } from '../../options/nearest-name.js';
import type { CliOptions, CliValues, Command } from './command.js';
import { GLOBAL_OPTIONS } from './global-options.js';
import { UsageError } from './usage-error.js';

/** What a command line says. */
export interface ParsedLine {
  /** `undefined` where no command is named. */
  readonly command: Command | undefined;
  /** What follows the command, but for options. */
  readonly operands: readonly string[];
  readonly values: CliValues;
}

/** Reads a command line. @throws UsageError for an unknown command or option, or an option without its value. */
export function parseLine(args: readonly string[], commands: readonly Command[]): ParsedLine {
  // With the options of all commands: those in front of the command may take a value, too.
  const all = Object.assign({}, GLOBAL_OPTIONS, ...commands.map(({ options }) => options));
  const { words } = parse(args, all);
  const isHelp = words[0] === 'help';
  const named = isHelp ? words.slice(1) : words;
  const command = commandIn(named, commands);
  const options = { ...GLOBAL_OPTIONS, ...command?.options };
  const { values, mistakes } = parse(args, options, command);
  if (mistakes[0]) {
    throw mistakes[0];
  }
  return {
    command,
    operands: named.slice(command?.name.split(' ').length),
    values: isHelp ? { ...values, help: true } : values,
  };
}

interface Parsed {
  readonly words: readonly string[];
  readonly values: CliValues;
  readonly mistakes: readonly UsageError[];
}

function parse(args: readonly string[], options: CliOptions, command?: Command): Parsed {
  const { positionals, values, tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const mistakes = tokens.flatMap((token) => {
    if (token.kind !== 'option') {
      return [];
    }
    const { name, rawName, value, inlineValue } = token;
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (!option) {
      return unknownOption(rawName, command, options);
    }
    if (option.type === 'boolean' && value !== undefined) {
      return new UsageError(`${rawName} takes no value`);
    }
    return option.type === 'string' && isMissing(value, inlineValue)
      ? new UsageError(`${rawName} needs a value: ${rawName}=${option.value} (${option.help})`)
      : [];
  });
  return { words: positionals, values: values as CliValues, mistakes };
}

/** Whether an option has no value, or takes the next option for it. */
const isMissing = (value: string | undefined, isInline: boolean | undefined): boolean =>
  value === undefined || (!isInline && /^-./.test(value));

/** @throws UsageError where the words begin with no command. */
function commandIn(words: readonly string[], commands: readonly Command[]): Command | undefined {
  const [first, second] = words;
  if (first === undefined) {
    return undefined;
  }
  const found = commands.find(({ name }) => name === first || name === `${first} ${second}`);
  if (found) {
    return found;
  }
  const names = commands.map(({ name }) => name);
  const inGroup = names.filter((name) => name.startsWith(`${first} `));
  if (inGroup.length > 0) {
    throw new UsageError(
      `Expected a command behind "${first}": ${inGroup.map((name) => name.slice(first.length + 1)).join(', ')}`,
    );
  }
  const nearest = nearestName(first, [...names, 'help']);
  throw new UsageError(
    `There is no command ${mayHoldSecret(first) ? 'with this name' : `"${shown(first)}"`}: ` +
      (nearest === undefined
        ? 'nestjs-reqrep help lists all of them'
        : `did you mean "${nearest}"?`),
  );
}

function unknownOption(
  rawName: string,
  command: Command | undefined,
  options: CliOptions,
): UsageError {
  const where = command === undefined ? 'nestjs-reqrep' : `"${command.name}"`;
  const named = mayHoldSecret(rawName) ? 'with this name' : shown(rawName);
  if (/^-\d/.test(rawName)) {
    return new UsageError(
      `${where} has no option ${named}: write -- in front of arguments that begin with a -`,
    );
  }
  const nearest = nearestName(rawName.replace(/^-+/, ''), Object.keys(options));
  const help = `nestjs-reqrep help${command === undefined ? '' : ` ${command.name}`}`;
  return new UsageError(
    `${where} has no option ${named}: ` +
      (nearest === undefined ? `${help} lists all of them` : `did you mean --${nearest}?`),
  );
}

/** @throws UsageError if a command was given too few or too many operands. */
export function checkOperands({ name, operands }: Command, given: readonly string[]): void {
  const names = operands.split(' ').filter(Boolean);
  const least = names.filter((each) => !each.startsWith('[')).length;
  const most = operands.includes('...') ? Infinity : names.length;
  if (given.length < least || given.length > most) {
    const expected = operands === '' ? 'no arguments' : operands;
    const quoting =
      operands.includes('JSON') && given.length > most
        ? ' (quote the JSON, so that the shell passes it as one argument)'
        : '';
    throw new UsageError(`"${name}" expects ${expected}, got ${given.length || 'none'}${quoting}`);
  }
}
