import { explainRefusal, isRefusal, meaningOfRefusal } from '../../driver/refusal.js';
import type { Placement } from '../topology/destination.js';
import type { Send } from './send.js';

/**
 * Checks that a connection uses the configured database and user: ioredis continues in database 0, and as the default user, if the
 * server refuses the configured ones.
 * @param info - the answer to `CLIENT INFO`; `undefined` if the server refuses it.
 * @returns the problem, as the end of a sentence that begins with the address of the server.
 * @throws the error of a lost connection, and temporary refusals.
 */
export async function placementProblem(
  send: Send,
  info: string | undefined,
  { database, user }: Placement,
): Promise<string | undefined> {
  const found = / user=(\S+)/.exec(info ?? '')?.[1];
  if (user !== undefined && found !== undefined && found !== user) {
    return `treats the connection of user "${user}" as one of user "${found}": correct \`username\`, or the proxy in between`;
  }
  const first = databaseIn(info);
  if (first === database || (first === undefined && database === 0)) {
    return undefined;
  }
  const refusal = await refusalOfSelect(send, database);
  if (refusal !== undefined) {
    return (
      `refuses database ${database} (${refusal}): correct the database of \`connection\`, ` +
      'or allow it on the server (`databases`, SELECT)'
    );
  }
  // A proxy may answer OK without changing the database.
  const now = first === undefined ? database : databaseIn(await clientInfo(send));
  return now === database
    ? undefined
    : `uses database ${now} although database ${database} was selected: correct the database of \`connection\``;
}

const databaseIn = (info: string | undefined): number | undefined => {
  const digits = / db=(\d+)/.exec(info ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const clientInfo = async (send: Send): Promise<string> =>
  String(await send((redis) => redis.client('INFO')));

async function refusalOfSelect(send: Send, database: number): Promise<string | undefined> {
  try {
    await send((redis) => redis.select(database));
    return undefined;
  } catch (error) {
    if (isRefusal(error) && meaningOfRefusal(error) === 'permanent') {
      return explainRefusal(error);
    }
    throw error;
  }
}
