import { counted } from '../../errors/counted.js';
import type { Output, Style } from '../frame/output.js';
import type { Finding, FindingLevel } from './finding.js';

const STYLES: Readonly<Record<FindingLevel, Style>> = {
  ok: 'green',
  note: 'yellow',
  problem: 'red',
};

/** Columns of the level, and of the name of the check. */
const LEVEL_WIDTH = 9;
const CHECK_WIDTH = 13;

/** Writes findings: a JSON line each, or for people those of each server together, and how many need something. */
export function writeFindings(findings: readonly Finding[], out: Output): void {
  if (!out.isForPeople) {
    findings.forEach((finding) => out.json(finding));
    return;
  }
  for (const [server, those] of byServer(findings)) {
    if (those.length === 0) {
      continue;
    }
    out.line(out.styled('bold', server));
    those.forEach((finding) => writeFinding(finding, out));
  }
  const countOf = (level: FindingLevel): number =>
    findings.filter((finding) => finding.level === level).length;
  const [problems, notes] = [countOf('problem'), countOf('note')];
  out.line();
  out.line(
    problems === 0 && notes === 0
      ? 'Nothing would bite.'
      : `${counted(problems, 'problem')}, ${counted(notes, 'note')}.`,
  );
}

/** @returns what was found on all servers of a Cluster, then the rest of each, and what was found on none of them alone. */
function byServer(findings: readonly Finding[]): Map<string, Finding[]> {
  const servers = [...new Set(findings.flatMap(({ server }) => server ?? []))];
  if (servers.length < 2) {
    return new Map([[servers[0] ?? '', [...findings]]]);
  }
  const isOnAll = (finding: Finding): boolean =>
    findings.filter((other) => isSame(finding, other)).length === servers.length;
  const ofServer = (server: string): Finding[] =>
    findings.filter((finding) => finding.server === server);
  return new Map([
    [`all ${servers.length} servers`, ofServer(servers[0] ?? '').filter(isOnAll)],
    ...servers.map((server): [string, Finding[]] => [
      server,
      ofServer(server).filter((finding) => !isOnAll(finding)),
    ]),
    ['the Cluster', findings.filter(({ server }) => server === undefined)],
  ]);
}

/** Whether the same was found on two servers. */
const isSame = (one: Finding, other: Finding): boolean =>
  one.check === other.check && one.text === other.text;

function writeFinding({ level, check, text, mend }: Finding, out: Output): void {
  const indent = ' '.repeat(LEVEL_WIDTH + CHECK_WIDTH);
  const [first = '', ...rest] = out.wrapped(text, indent.length);
  out.line(
    `${out.styled(STYLES[level], level)}${' '.repeat(LEVEL_WIDTH - level.length)}${check.padEnd(CHECK_WIDTH)}${first}`,
  );
  rest.forEach((line) => out.line(indent + line));
  if (mend !== undefined) {
    out.wrapped(`-> ${mend}`, indent.length).forEach((line) => out.line(indent + line));
  }
}
