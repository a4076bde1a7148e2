import { afterEach, expect, it, vi } from 'vitest';
import { aLogger, logTo, type ReqRepLogger } from '../../../lib/core/logger.js';

afterEach(() => {
  vi.restoreAllMocks();
});

function say(logger?: ReqRepLogger | false): { out: string; err: string } {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const log = logTo(logger);
  log.info('all is well');
  log.warn('it may pass');
  log.error('it is wrong');
  log.error('it failed', 'Error: no\n  at once');
  const written = (stream: typeof out): string => stream.mock.calls.map(([text]) => text).join('');
  return { out: written(out), err: written(err) };
}

it('without a logger, warnings and errors go to stderr and nothing else is written', () => {
  expect(say()).toEqual({
    out: '',
    err: '[ReqRep] it may pass\n[ReqRep] it is wrong\n[ReqRep] it failed\nError: no\n  at once\n',
  });
});

it('with `logger: false`, nothing is written', () => {
  expect(say(false)).toEqual({ out: '', err: '' });
});

it('with a logger, each line goes to the method of its level', () => {
  class Kept {
    readonly lines: unknown[][] = [];
    log(...parts: unknown[]) {
      this.lines.push(['log', ...parts]);
    }
    warn(...parts: unknown[]) {
      this.lines.push(['warn', ...parts]);
    }
    error(...parts: unknown[]) {
      this.lines.push(['error', ...parts]);
    }
  }
  const kept = new Kept();
  expect(say(kept)).toEqual({ out: '', err: '' });
  expect(kept.lines).toEqual([
    ['log', 'all is well'],
    ['warn', 'it may pass'],
    ['error', 'it is wrong'],
    ['error', 'it failed', 'Error: no\n  at once'],
  ]);
});

it.each([
  ['console', console, true],
  ['false', false, true],
  ['true', true, false],
  ['null', null, false],
  ['a function', () => undefined, false],
  ['one without log', { info: say, warn: say, error: say }, false],
])('any object with the three methods is a logger: %s', (_, value, expected) => {
  expect(aLogger.accepts(value)).toBe(expected);
});
