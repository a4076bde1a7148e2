import { expect, it } from 'vitest';
import { requesterRights } from '../../../lib/client/requester-rights.js';
import { Keys } from '../../../lib/protocol/keys.js';
import { callOf } from '../../../lib/redis/connection/command-forms.js';
import { CONNECTION_RIGHTS } from '../../../lib/redis/connection/connection-rights.js';
import { workerRights } from '../../../lib/worker/worker-rights.js';
import { useRedis } from '../../support/redis.js';

const redis = useRedis();
const keys = new Keys();

const commands = [
  ...CONNECTION_RIGHTS,
  ...requesterRights(keys.queue('jobs'), 'replies:1'),
  ...workerRights([keys.queue('jobs')], '1', keys),
].flatMap((rights) => rights.commands);

it.each([...new Set(commands)])(
  '%s is asked for with arguments of a right number',
  async (command) => {
    const call = callOf(command, 'key') ?? [];
    const [known] = (await redis.look.command('INFO', command)) as [[string, number] | null];
    // Redis 6.2 knows no subcommands here.
    const arity = known?.[1] ?? -2;
    expect(arity < 0 ? call.length >= -arity : call.length === arity).toBe(true);
  },
);
