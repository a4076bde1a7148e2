import type { CliOptions, Command } from './command.js';
import { EXIT, EXIT_MEANINGS, type ExitName } from './exit-codes.js';
import { GLOBAL_OPTIONS } from './global-options.js';
import { wrapped } from './wrapped.js';

/** Columns of every help text. */
const WIDTH = 80;

/** Exit codes of every command. */
const USUAL_EXITS: Command['exits'] = { ok: true, usage: true, noRedis: true, interrupted: true };

/** @returns the help of the whole program. */
export function generalHelp(commands: readonly Command[]): string {
  return [
    'nestjs-reqrep: looks after the queues of nestjs-reqrep in Redis.',
    '',
    'Usage: nestjs-reqrep COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...columns([
      ...commands.map(
        ({ name, operands, summary }) => [`${name} ${operands}`.trim(), summary] as const,
      ),
      ['help COMMAND', 'explain a command, with examples and exit codes'],
    ]),
    '',
    'Options of every command:',
    ...columns(optionRows(GLOBAL_OPTIONS)),
    '',
    ...wrapped(
      'Writes tables on a terminal, and JSON lines into a pipe or a file. Colours obey NO_COLOR. ' +
        'Put a password into REDIS_URL: other users of the machine can read a command line.',
      WIDTH,
    ),
    '',
  ].join('\n');
}

/** @returns the help of one command. */
export function commandHelp(command: Command): string {
  const { name, operands, description, options, examples, exits } = command;
  const hasOptions = Object.keys(options).length > 0;
  return [
    ['Usage: nestjs-reqrep', name, operands, '[OPTIONS]'].filter(Boolean).join(' '),
    ...description.flatMap((paragraph) => ['', ...wrapped(paragraph, WIDTH)]),
    ...(hasOptions ? ['', 'Options:', ...columns(optionRows(options))] : []),
    '',
    'Examples:',
    ...examples.flatMap(([line, meaning]) => [
      ...wrapped(`# ${meaning}`, WIDTH - 2).map(
        (each, index) => `  ${index > 0 ? '# ' : ''}${each}`,
      ),
      `  ${line}`,
    ]),
    '',
    'Exit codes:',
    ...columns(exitRows({ ...USUAL_EXITS, ...exits })),
    '',
    'Options of every command (nestjs-reqrep help explains them):',
    ...wrapped(
      Object.keys(GLOBAL_OPTIONS)
        .map((each) => `--${each}`)
        .join(' '),
      WIDTH - 2,
    ).map((line) => `  ${line}`),
    '',
  ].join('\n');
}

type Row = readonly [left: string, right: string];

const optionRows = (options: CliOptions): Row[] =>
  Object.entries(options).map(([name, { value, help }]) => [
    `--${name}${value === undefined ? '' : ` ${value}`}`,
    help,
  ]);

function exitRows(exits: Command['exits']): Row[] {
  const names = Object.keys(EXIT) as ExitName[];
  return names.flatMap((name) => {
    const meaning = exits[name];
    return meaning === undefined
      ? []
      : [[String(EXIT[name]), meaning === true ? EXIT_MEANINGS[name] : meaning] as const];
  });
}

/** The widest left column; a longer left part has a line of its own. */
const MAX_LEFT = 22;

function columns(rows: readonly Row[]): string[] {
  const widest = Math.max(...rows.map(([left]) => left.length).filter((each) => each <= MAX_LEFT));
  return rows.flatMap(([left, right]) => {
    const indent = ' '.repeat(widest + 4);
    const lines = wrapped(right, WIDTH - indent.length).map((line) => indent + line);
    return left.length > MAX_LEFT
      ? [`  ${left}`, ...lines]
      : [`  ${left.padEnd(widest)}  ${lines[0]?.trimStart() ?? ''}`, ...lines.slice(1)];
  });
}
