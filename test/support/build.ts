import { execFileSync } from 'node:child_process';

/** Worker processes of the tests run what users run: the built library. */
export default function setup(): void {
  for (const args of [
    ['nest', 'build', 'nestjs-reqrep'],
    ['tsc', '-p', 'test/processes'],
  ]) {
    execFileSync('npx', ['--no-install', ...args], { stdio: 'inherit' });
  }
}
