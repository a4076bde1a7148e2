import { explainRefusal, isRefusal, meaningOfRefusal } from '../../driver/refusal.js';
import type { Placement } from '../topology/destination.js';
import type { Send } from './send.js';

/**
 * Compares what a connection was told with where it is: ioredis goes on in database 0, and as the default user, where the
 * server refuses another one.
 * @param info - what `CLIENT INFO` says; `undefined` where the server refuses it.
 * @returns what keeps it from its place, as the end of a sentence that begins with the address of the server.
 * @throws what breaks the connection, and what the server refuses for now.
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
  // A proxy may answer what it does not do.
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
