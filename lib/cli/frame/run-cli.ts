import { LIBRARY_VERSION } from '../../protocol/library-version.js';
import type { Command } from './command.js';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.js';
import { passwordsIn, failureText } from './failure-text.js';
import { globalValues } from './global-options.js';
import { commandHelp, generalHelp } from './help.js';
import { Interruption } from './interruption.js';
import { Output } from './output.js';
import { checkOperands, parseLine } from './parse-arguments.js';

/** Runs the command line of a process, and sets its exit code. Never rejects. */
export async function runCli(commands: readonly Command[], process: NodeJS.Process): Promise<void> {
  const interruption = new Interruption();
  interruption.listen(process);
  let code: ExitCode;
  try {
    code = await runLine(commands, process, interruption);
  } catch (error) {
    code = exitCodeOf(error);
    if (interruption.code === undefined) {
      const passwords = passwordsIn([process.env['REDIS_URL'], ...process.argv]);
      process.stderr.write(`${failureText(error, passwords)}\n`);
    }
  }
  process.exitCode = interruption.code ?? code;
}

async function runLine(
  commands: readonly Command[],
  process: NodeJS.Process,
  { signal }: Interruption,
): Promise<ExitCode> {
  const { env, stdin, stdout } = process;
  const { command, operands, values } = parseLine(process.argv.slice(2), commands);
  if (values['version'] === true) {
    stdout.write(`${LIBRARY_VERSION}\n`);
    return EXIT.ok;
  }
  if (command === undefined || values['help'] === true) {
    stdout.write(command === undefined ? generalHelp(commands) : commandHelp(command));
    return EXIT.ok;
  }
  checkOperands(command, operands);
  const globals = globalValues(values, env);
  const out = new Output(stdout, { isJson: values['json'] === true, env });
  return command.run({ operands, values, globals, out, stdin, signal });
}
