import { requesterRights } from '../../client/requester-rights.js';
import { allowanceOf } from '../../driver/missing-permission.js';
import type { Rights } from '../../driver/rights.js';
import type { Keys } from '../../protocol/keys.js';
import { CONNECTION_RIGHTS } from '../../redis/connection/connection-rights.js';
import { findMissingRights, tellsRights } from '../../redis/connection/find-missing-rights.js';
import type { Send } from '../../redis/connection/send.js';
import { groupBy, refusedIn } from '../../redis/connection/tell-missing-rights.js';
import type { Redis } from '../../redis/topology/connection-option.js';
import { workerRights } from '../../worker/worker-rights.js';
import { findingsOf, type Finding } from './finding.js';

const { ok, note, problem } = findingsOf('rights');

/** What a process does with the queues. */
export type Role = 'requester' | 'worker';

/** Id of a worker whose keys are asked about; nothing is written. */
const NO_WORKER = '00000000-0000-4000-8000-000000000000';

/** What the rights are needed for. */
export interface RightsNeeds {
  readonly keys: Keys;
  readonly queues: readonly string[];
  /** Whether they are queues of the application; else one is made up. */
  readonly isQueueKnown: boolean;
  readonly roles: readonly Role[];
  readonly user: string;
}

/** Asks the server for each right that a requester and a worker need. */
export async function checkRights(
  redis: Redis,
  { keys, queues, isQueueKnown, roles, user }: RightsNeeds,
): Promise<Finding[]> {
  const ofQueues = queues.map((queue) => keys.queue(queue));
  const replies = keys.replies('');
  const rights: readonly Rights[] = [
    ...CONNECTION_RIGHTS,
    ...(roles.includes('requester')
      ? ofQueues.flatMap((queue) => requesterRights(queue, replies))
      : []),
    ...(roles.includes('worker') ? workerRights(ofQueues, NO_WORKER, keys) : []),
  ];
  const connection: { readonly send: Send } = { send: (call) => call(redis) };
  const missing = await findMissingRights(connection, rights, (key) => keys.patternOf(key));
  if (missing === undefined) {
    return [note('The rights could not be asked for.', 'Try again.')];
  }
  if (missing.length === 0 && !(await tellsRights(connection))) {
    return [
      note(
        `The server cannot be asked for the rights of user "${user}": what it lacks is noticed only when it is refused.`,
        'Use Redis 7.0 or newer, or Valkey, to have the rights examined.',
      ),
    ];
  }
  if (missing.length === 0) {
    const what = roles.map((role) => `a ${role}`).join(' and ');
    const need = roles.length === 1 ? 'needs' : 'need';
    const where = isQueueKnown
      ? `queues: ${queues.join(', ')}`
      : `no queue is known yet: "nestjs-reqrep doctor QUEUE" asks for yours`;
    return [ok(`user "${user}" may do all that ${what} ${need} (${where})`)];
  }
  return [...groupBy(missing, ({ without }) => without)].map(([without, those]) => {
    const rules = [...new Set(those.flatMap((each) => each.rules))];
    const others = rules.includes('+eval') ? ' Other rights can only be asked for with these.' : '';
    const level = those.every(({ isOptional }) => isOptional) ? note : problem;
    return level(
      `User "${user}" lacks ${refusedIn(those)}: ${without}.${others}`,
      allowanceOf(user, rules),
    );
  });
}
