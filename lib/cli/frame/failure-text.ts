import { messageOf, propertyOf } from '../../errors/error-text.js';
import { bounded } from '../../telemetry/log.js';

/** Matches the user and the password of any URL but that of an example. */
const CREDENTIALS = /(?<=:\/\/)(?!:PASSWORD@)[^/?#\s]*@/g;

/** Matches the password of a URL, even where it holds characters that should be percent-encoded. */
const PASSWORD = /:\/\/[^:]*:(.{3,})@/s;

/** @returns the passwords in texts that may be URLs, whether or not they are well-formed. */
export const passwordsIn = (texts: readonly (string | undefined)[]): string[] =>
  texts.flatMap((text) => PASSWORD.exec(text ?? '')?.[1] ?? []);

/** @returns a text without the users and passwords of URLs, and without these passwords. */
export function withoutSecrets(text: string, passwords: readonly string[]): string {
  const rest = passwords.reduce((left, secret) => left.replaceAll(secret, '***'), text);
  return rest.replace(CREDENTIALS, '***@');
}

/** Options that messages of the library name, as the command line has them. */
const CLI_NAMES: ReadonlyMap<string, string> = new Map([
  ['connection', '--url'],
  ['username', 'the user'],
  ['password', 'the password of --url'],
  ['requireWorker', '--require-worker'],
  ['shards', '--shards'],
  ['hotQueues', '--hot-queues'],
  ['prefix', '--prefix'],
]);

const withCliNames = (text: string): string =>
  text.replaceAll(/`(\w+)`/g, (quoted, name: string) => CLI_NAMES.get(name) ?? quoted);

/** @returns an error as one line for stderr, without these passwords. */
export function failureText(error: unknown, passwords: readonly string[]): string {
  const text =
    propertyOf(error, 'code') === 'REMOTE' ? remoteText(error) : withCliNames(messageOf(error));
  return `nestjs-reqrep: ${bounded(withoutSecrets(text, passwords))}`;
}

function remoteText(error: unknown): string {
  const name = propertyOf(propertyOf(error, 'remote'), 'name');
  const queue = String(propertyOf(error, 'queue'));
  return `The handler of queue "${queue}" failed: ${String(name)}: ${messageOf(error)}`;
}
