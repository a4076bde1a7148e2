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
  lua: `
local found = {}
for i, field in ipairs(ARGV) do
  local length = redis.pcall('HSTRLEN', KEYS[1], field)
  local isReadable = type(length) == 'number' and length > 0 and length <= ${MAX_FIELD_BYTES}
  found[i] = isReadable and redis.call('HGET', KEYS[1], field) or ''
end
return found
`,
  keys: (worker: string) => [worker],
  args: () => FIELDS,
  read: (answer: unknown): DescribedWorker => {
    const [slots = '', connections = '', server = '', host = '', pid = ''] = answer as string[];
    return { slots, connections, server, host, pid };
  },
};
