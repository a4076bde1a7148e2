import { parseClientLine, type LineIdentity } from '../../protocol/wire/line-identity.js';
import {
  codeOfRefusal,
  explainRefusal,
  isRefusal,
  meaningOfRefusal,
} from '../../driver/refusal.js';
import type { Runtime } from '../../driver/runtime.js';
import type { Destination } from '../topology/destination.js';
import { placementProblem } from './placement.js';
import type { RedisCall, Send } from './send.js';
import { NEEDED_COMMANDS, parseServer, serverProblem, type ServerFacts } from './server-facts.js';

/** What a new connection has learned about its server. */
export type InquiryResult =
  | {
      readonly outcome: 'known';
      readonly server: ServerFacts | undefined;
      /** `undefined` if the server does not tell. */
      readonly identity: LineIdentity | undefined;
    }
  /** The server cannot be used, or not yet. `why` completes a sentence that begins with the server's address. */
  | { readonly outcome: 'not yet' | 'wrong server' | 'unusable'; readonly why: string };

/**
 * Asks a server what it is and how it identifies the connection, and checks the database, the user and, in a Cluster, the owner of the
 * slot.
 * @param name - name of the connection; it is made unique if the server does not tell its `run_id`.
 * @throws the error of a lost connection, and temporary refusals.
 */
export async function inquire(
  send: Send,
  runtime: Runtime,
  name: string,
  { placement, clusterSlot }: Pick<Destination, 'placement' | 'clusterSlot'>,
): Promise<InquiryResult> {
  const [info, commands, client, redirect] = await Promise.all([
    ask(send, (redis) => redis.info()),
    ask(send, (redis) => redis.command('INFO', ...NEEDED_COMMANDS)),
    ask(send, (redis) => redis.client('INFO')),
    clusterSlot && redirectOf(send, clusterSlot.key),
  ]);
  const server = parseServer(info);
  if (server?.isReplica) {
    return { outcome: 'wrong server', why: 'is a replica, which accepts no writes' };
  }
  if (redirect !== undefined) {
    return { outcome: 'wrong server', why: `does not serve the slot (${redirect})` };
  }
  if (server?.isLoading) {
    return { outcome: 'not yet', why: 'is loading its data' };
  }
  const line = client === undefined ? undefined : String(client);
  const why =
    serverProblem(server, {
      unknownCommands: NEEDED_COMMANDS.filter(
        (_, index) => Array.isArray(commands) && commands[index] === null,
      ),
      isClusterExpected: clusterSlot !== undefined,
    }) ?? (await placementProblem(send, line, placement));
  if (why !== undefined) {
    return { outcome: 'unusable', why };
  }
  const identity = parseClientLine(line, server?.runId);
  const uniqueName =
    identity && !server?.runId
      ? await setUniqueName(send, `${name}:${runtime.randomUUID()}`)
      : undefined;
  return { outcome: 'known', server, identity: identity && { ...identity, name: uniqueName } };
}

async function setUniqueName(send: Send, name: string): Promise<string | undefined> {
  const answer = await ask(send, (redis) => redis.client('SETNAME', name));
  return answer === 'OK' ? name : undefined;
}

/** @returns the answer; `undefined` if the server refuses permanently to tell. */
async function ask<Answer>(send: Send, question: RedisCall<Answer>): Promise<Answer | undefined> {
  try {
    return await send(question);
  } catch (error) {
    if (meaningOfRefusal(error) === 'permanent' && !isUnknownUser(error)) {
      return undefined;
    }
    throw error;
  }
}

/** @returns why a node does not serve the slot of a key; `undefined` if it does, or refuses to tell. */
async function redirectOf(send: Send, key: string): Promise<string | undefined> {
  try {
    await send((redis) => redis.llen(key));
  } catch (error) {
    if (!isRefusal(error)) {
      throw error;
    }
    const code = codeOfRefusal(error);
    // ASK is the answer of an owner that has begun to move the slot.
    return code === 'MOVED' || code === 'CLUSTERDOWN' ? explainRefusal(error) : undefined;
  }
  return undefined;
}

/** Tells whether the connection is not authenticated, so that the server refuses everything. */
const isUnknownUser = (error: unknown): boolean =>
  isRefusal(error) && codeOfRefusal(error) === 'NOAUTH';
