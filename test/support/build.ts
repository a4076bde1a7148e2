import { execFileSync } from 'node:child_process';

/**
 * What tests start in processes of its own is built as users build it: the library, the sample and our own workers. `IS_BUILT`
 * says that nothing has changed since the library and the sample were. Several projects of a run share one build.
 */
export default function setup(): void {
  if (process.env['ARE_PROCESSES_BUILT']) {
    return;
  }
  if (!process.env['IS_BUILT']) {
    run('npm', 'run', '--silent', 'build');
  }
  run('npx', '--no-install', 'tsc', '-p', 'test/processes');
  process.env['ARE_PROCESSES_BUILT'] = '1';
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'inherit' });
}
