import { LUA_NOW } from './lua-now.js';

export interface PruneExpiredJobs {
  readonly requests: string;
}

/** Jobs dropped by one call at most, and bytes looked at: nobody else is served meanwhile. */
const MOST_JOBS = 500;
const MOST_BYTES = 262_144;

/** Drops the jobs at the head of a queue whose deadline has passed, in a bounded step. */
export const pruneExpiredJobs = {
  name: 'reqrepPruneExpiredJobs',
  // KEYS: requests
  // ARGV: none
  // Output: 1 when the head may hold more expired jobs, else 0
  lua: `${LUA_NOW}
local function decode(job)
  local readable, item = pcall(cjson.decode, job)
  if not readable then
    -- cjson knows no half characters, which JSON has escapes for
    readable, item = pcall(cjson.decode, (job:gsub('\\\\u[dD][89a-fA-F]%x%x', '\\\\u0020')))
  end
  return readable and type(item) == 'table' and item
end
local bytes = 0
for _ = 1, ${MOST_JOBS} do
  local job = redis.call('LINDEX', KEYS[1], 0)
  if not job then return 0 end
  local item = decode(job)
  local meta = item and item[3]
  local deadline = type(meta) == 'table' and meta.d
  if type(deadline) ~= 'number' or deadline > now then return 0 end
  redis.call('LPOP', KEYS[1])
  bytes = bytes + #job
  if bytes > ${MOST_BYTES} then return 1 end
end
return 1
`,
  keys: ({ requests }: PruneExpiredJobs) => [requests],
  args: () => [],
  read: (answer: unknown): boolean => answer === 1,
};
