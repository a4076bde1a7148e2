import { describeValue } from '../../errors/value-text.js';
import { messageOf, propertyOf } from '../../errors/error-text.js';
import type { Finding } from '../doctor/finding.js';
import type { Role } from '../doctor/rights.js';
import type { Command, CommandCall, CliValues } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { withPeers } from '../frame/peers.js';
import { withShardSettings } from '../frame/shard-settings.js';
import { UsageError } from '../frame/usage-error.js';
import { whenAborted, withReqRep } from '../frame/with-reqrep.js';
import { writeFindings } from '../doctor/write-findings.js';

const ROLES: readonly Role[] = ['requester', 'worker'];

/** Examines the server, and says what would do harm. */
export const doctor: Command = {
  name: 'doctor',
  operands: '[QUEUE...]',
  summary: 'examine the server: what would bite, and how to mend it',
  description: [
    'Looks at the version, the topology, memory, persistence, clock and latency of the server, and asks it for each right that the user needs: those of a process that sends jobs and of one that serves them. It writes nothing into Redis.',
    'The rights are asked for the keys of QUEUE; without any, for the queues that workers have served. A note is a choice that has consequences, a problem will do harm.',
  ],
  options: {
    role: {
      type: 'string',
      value: 'ROLE',
      help: 'ask for the rights of a requester or of a worker only; default: both',
    },
  },
  examples: [
    ['nestjs-reqrep doctor', 'the server of REDIS_URL, or that of this machine'],
    [
      'nestjs-reqrep doctor reports mails --prefix app: --role worker',
      'whether this user may serve two queues',
    ],
  ],
  exits: { ok: 'no problems, but perhaps notes', failed: 'a problem was found' },
  run: async (call) => {
    const { values, out, globals, operands: queues } = call;
    const roles = rolesIn(values);
    const { examine } = await withPeers(() => import('../doctor/examine.js'));
    const aborted = whenAborted(call.signal);
    const known = await Promise.race([withShardSettings(globals), aborted]);
    const clocks = { now: () => Date.now(), monotonic: () => performance.now() };
    const examined = examine({ globals: known ?? globals, queues, roles, clocks });
    const found = await Promise.race([examined, aborted]).catch(async (error: unknown) => {
      // The library explains best why a server cannot be reached.
      await withReqRep(call, async () => undefined);
      throw error;
    });
    // On a Cluster that no application has used, a client would write the number of shards.
    const isTried = known !== undefined && !hasProblem(found);
    const findings = [...found, ...(isTried ? await tryIt(call) : [])];
    writeFindings(findings, out);
    return hasProblem(findings) ? EXIT.failed : EXIT.ok;
  },
};

const hasProblem = (findings: readonly Finding[]): boolean =>
  findings.some(({ level }) => level === 'problem');

/** Connects as an application does, which finds what the other checks have not looked for. */
async function tryIt(call: CommandCall): Promise<Finding[]> {
  try {
    await withReqRep(call, async () => undefined);
    return [];
  } catch (error) {
    if (propertyOf(error, 'code') !== 'CONNECTION_FAILED') {
      throw error;
    }
    return [{ level: 'problem', check: 'connection', text: messageOf(error) }];
  }
}

/** @throws UsageError */
function rolesIn({ role }: CliValues): readonly Role[] {
  if (role === undefined) {
    return ROLES;
  }
  const found = ROLES.filter((each) => each === role);
  if (found.length === 0) {
    throw new UsageError(`Expected --role to be ${ROLES.join(' or ')}, got ${describeValue(role)}`);
  }
  return found;
}
