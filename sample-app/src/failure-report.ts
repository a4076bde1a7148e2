import { RemoteError, type ReqRepError } from 'nestjs-reqrep';

/** Formats everything that the caller of a failed request knows about the failure, one fact per line. */
export function formatFailure(file: string, error: ReqRepError): string {
  const facts: [label: string, fact: string][] = [
    ['class', error.constructor.name],
    ['code', error.code],
  ];
  if (error instanceof RemoteError) {
    const { name, code } = error.remote;
    facts.push(
      ['queue', error.queue],
      ['remote', code === undefined ? name : `${name} (code ${code})`],
    );
  }
  facts.push(['message', error.message]);
  return [`${file} failed:`, ...facts.map(([label, fact]) => `  ${label.padEnd(8)} ${fact}`)].join(
    '\n',
  );
}
