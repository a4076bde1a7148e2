import { LUA_READ_FIELD } from './lua-read-field.js';

/** The description of a worker in Redis. Any process may have written it: only the length of the fields is checked. */
export interface DescribedWorker {
  readonly slots: string;
  readonly connections: string;
  readonly server: string;
  readonly host: string;
  readonly pid: string;
}

const FIELDS = ['slots', 'connections', 'server', 'host', 'pid'] as const;

/** Longest field that is read, bytes: names of connections contain the name of a queue. This library writes no longer field. */
export const MAX_FIELD_BYTES = 4_096;

/** Reads the description that a worker has written of itself. A field that is too long is left out. */
export const describeWorker = {
  name: 'reqrepDescribeWorker',
  // KEYS: worker
  // ARGV: field...
  // Output: each field, '' where it has none
  lua: `${LUA_READ_FIELD}
local found = {}
for i, field in ipairs(ARGV) do found[i] = readField(KEYS[1], field, ${MAX_FIELD_BYTES}) end
return found
`,
  keys: (worker: string) => [worker],
  args: () => FIELDS,
  read: (answer: unknown): DescribedWorker => {
    const [slots = '', connections = '', server = '', host = '', pid = ''] = answer as string[];
    return { slots, connections, server, host, pid };
  },
};
