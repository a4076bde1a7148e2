import { execFileSync } from 'node:child_process';

/** What tests start in processes of its own is built as users build it: the library, the sample and our own workers. */
export default function setup(): void {
  for (const args of [
    ['nest', 'build', 'nestjs-reqrep'],
    ['nest', 'build', 'sample-app'],
    ['tsc', '-p', 'test/processes'],
  ]) {
    execFileSync('npx', ['--no-install', ...args], { stdio: 'inherit' });
  }
}
