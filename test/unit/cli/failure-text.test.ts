import { describe, expect, it } from 'vitest';
import { failureText, passwordsIn } from '../../../lib/cli/frame/failure-text.js';

describe('the sentence for an error', () => {
  it.each([
    [
      'redis://:SECRET@host',
      'cannot reach redis://:SECRET@host/0',
      'cannot reach redis://***@host/0',
    ],
    ['redis://u:SEC/RET@host', 'got "SEC/RET@host"', 'got "***@host"'],
    ['redis://u:SEC@RET@host', 'u:SEC@RET', 'u:***'],
    [
      'redis+cluster://u:SECRET@a,b',
      'at redis+cluster://u:SECRET@a,b',
      'at redis+cluster://***@a,b',
    ],
    // A short text would be replaced everywhere.
    ['redis://u:a@host', 'a request failed', 'a request failed'],
    ['redis://host', 'foreign redis://x:OTHER@y failed', 'foreign redis://***@y failed'],
  ])('with %s hides the password', (url, message, shown) => {
    expect(failureText(new Error(message), passwordsIn([undefined, url]))).toBe(
      `nestjs-reqrep: ${shown}`,
    );
  });

  it('is one line without control characters', () => {
    expect(failureText(new Error('a\nb\u001b[2J'), [])).toBe('nestjs-reqrep: a\\u000ab\\u001b[2J');
  });

  it('names options as the command line has them, but not in errors of a handler', () => {
    expect(failureText(new Error('correct `connection`'), [])).toContain('correct --url');
    expect(failureText(new Error('set `password`: redis://:PASSWORD@host'), [])).toBe(
      'nestjs-reqrep: set the password of --url: redis://:PASSWORD@host',
    );
    const remote = { code: 'REMOTE', queue: 'q', remote: { name: 'E' }, message: '`connection`' };
    expect(failureText(remote, [])).toBe(
      'nestjs-reqrep: The handler of queue "q" failed: E: `connection`',
    );
  });
});
