import { execFileSync } from 'node:child_process';

/**
 * What tests start in processes of its own is built as users build it: the library, the sample and our own workers. `IS_BUILT`
 * says that nothing has changed since the library and the sample were.
 */
export default function setup(): void {
  if (!process.env['IS_BUILT']) {
    run('npm', 'run', '--silent', 'build');
  }
  run('npx', '--no-install', 'tsc', '-p', 'test/processes');
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'inherit' });
}
