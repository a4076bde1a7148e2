import { execFileSync } from 'node:child_process';

/** What tests start in processes of its own is built as users build it: the library, the sample and our own workers. */
export default function setup(): void {
  for (const [command, ...args] of [
    ['node', 'lib/build.mjs'],
    ['npx', '--no-install', 'nest', 'build', 'sample-app'],
    ['npx', '--no-install', 'tsc', '-p', 'test/processes'],
  ] as const) {
    execFileSync(command, args, { stdio: 'inherit' });
  }
}
