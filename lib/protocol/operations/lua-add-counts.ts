import { COUNT_FIELDS } from '../job-counts.js';
import { LUA_READ_FIELD } from './lua-read-field.js';

/** Time that the totals of a queue are kept after the last change, ms: 90 days. */
export const TOTALS_TTL_MS = 90 * 24 * 60 * 60 * 1_000;

/** Longest count that is read, digits: anybody may have written it. */
export const MAX_COUNT_DIGITS = 15;

/**
 * Lua: `addCounts(worker, totals)` adds the counts in the hash of a worker, which is about to be deleted, to the totals of its queue. It never
 * fails: a user that lacks a right for it may still end leases.
 */
export const LUA_ADD_COUNTS = `${LUA_READ_FIELD}
local function addCounts(worker, totals)
  for _, field in ipairs({'${COUNT_FIELDS.join(`','`)}'}) do
    local count = readField(worker, field, ${MAX_COUNT_DIGITS})
    if count ~= '0' and count:find('^%d+$') then redis.pcall('HINCRBY', totals, field, count) end
  end
  redis.pcall('PEXPIRE', totals, ${TOTALS_TTL_MS})
end
`;
