import { LUA_NOW } from './lua-now.js';

export interface PruneExpiredJobs {
  readonly requests: string;
  /** The position to start at: the number of jobs that earlier calls have checked and kept. */
  readonly from: number;
}

export interface PrunedJobs {
  readonly dropped: number;
  /** The position to continue at; `undefined` after the last job. */
  readonly next: number | undefined;
}

/** Maximum numbers of jobs and bytes that one call checks, since Redis serves no other client meanwhile. */
export const MAX_PRUNED_JOBS = 500;
export const MAX_PRUNED_BYTES = 262_144;

/** Replaces an expired job until all of them are removed at the end of the same step. */
export const TOMBSTONE = 'expired';

/**
 * Removes expired jobs from a queue, from its head on, in a step of bounded size. The other jobs keep their order.
 *
 * Our encoder writes the deadline last, so the end of a job shows whether it may have expired. The text around that end shows
 * whether it is our meta rather than the data of a version 1 job: the comma before the last object can only belong to the
 * outermost array, and only after the data. Where that is not certain (headers, an id with escapes), the job is decoded, unless
 * it is too long: then it stays.
 */
export const pruneExpiredJobs = {
  name: 'reqrepPruneExpiredJobs',
  // KEYS: requests
  // ARGV: position to begin at
  // Output: {jobs dropped, position to go on at, or -1}
  lua: `${LUA_NOW}
local function decode(job)
  local readable, item = pcall(cjson.decode, job)
  if not readable then
    -- cjson knows no half characters, which JSON has escapes for
    readable, item = pcall(cjson.decode, (job:gsub('\\\\u[dD][89a-fA-F]%x%x', '\\\\u0020')))
  end
  return readable and type(item) == 'table' and item
end
local function isPlainlyOurs(job, tail)
  local comma = tail:find(',{"c":"[^"\\\\]*","t":%d+,"d":%d+}]%s*$')
    or tail:find(',{"c":"[^"\\\\]*","n":%d+,"t":%d+,"d":%d+}]%s*$')
  local _, separator = job:sub(1, 256):find('^%s*%["[^"\\\\]*",')
  return comma and separator and #job - #tail + comma > separator
end
local function isExpired(job)
  local tail = job:sub(-256)
  local deadline = tail:match('"t":%d+,"d":(%d+)}]%s*$')
  if not deadline or tonumber(deadline) > now then return false end
  if isPlainlyOurs(job, tail) then return true end
  local item = #job <= ${MAX_PRUNED_BYTES} and decode(job)
  local meta = item and item[3]
  return type(meta) == 'table' and type(meta.d) == 'number' and meta.d <= now
end
local requests, position = KEYS[1], tonumber(ARGV[1])
local dropped, tombstones, bytes = 0, 0, 0
local job
for _ = 1, ${MAX_PRUNED_JOBS} do
  job = redis.call('LINDEX', requests, position)
  if not job then break end
  bytes = bytes + #job
  if not isExpired(job) then
    position = position + 1
  else
    dropped = dropped + 1
    if position == 0 then
      redis.call('LPOP', requests)
    else
      -- A write that takes no memory and changes nothing, so that the next one goes past OOM.
      if tombstones == 0 then redis.call('LTRIM', requests, 0, -1) end
      redis.call('LSET', requests, position, '${TOMBSTONE}')
      tombstones = tombstones + 1
      position = position + 1
    end
  end
  if bytes > ${MAX_PRUNED_BYTES} then break end
end
-- From the head on it ends at the last of them.
if tombstones > 0 then redis.call('LREM', requests, tombstones, '${TOMBSTONE}') end
return { dropped, job and position - tombstones or -1 }
`,
  keys: ({ requests }: PruneExpiredJobs) => [requests],
  args: ({ from }: PruneExpiredJobs) => [from],
  read: (answer: unknown): PrunedJobs => {
    const [dropped, next] = answer as [number, number];
    return { dropped, next: next < 0 ? undefined : next };
  },
};
