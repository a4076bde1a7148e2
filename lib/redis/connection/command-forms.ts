/**
 * Arguments of each command, as many as it takes at least: `K` is a key or channel, anything else is a placeholder. A server may
 * crash where it is asked for the permission of a call with too few arguments (`redis.acl_check_cmd` of Redis 7).
 */
const FORMS: Readonly<Record<string, string>> = {
  blmove: 'K K LEFT LEFT 0',
  'client|info': '',
  'client|kill': 'ID 0',
  'client|list': 'ID 0',
  'client|unblock': '0',
  del: 'K',
  eval: 'script 0',
  evalsha: 'digest 0',
  exec: '',
  exists: 'K',
  hdel: 'K field',
  hget: 'K field',
  hincrby: 'K field 1',
  hset: 'K field value',
  hstrlen: 'K field',
  info: '',
  lindex: 'K 0',
  llen: 'K',
  lmove: 'K K LEFT LEFT',
  lpop: 'K',
  lpos: 'K value',
  lpush: 'K value',
  lrange: 'K 0 0',
  lrem: 'K 0 value',
  lset: 'K 0 value',
  ltrim: 'K 0 0',
  'memory|usage': 'K',
  multi: '',
  persist: 'K',
  pexpire: 'K 1',
  pttl: 'K',
  publish: 'K message',
  rename: 'K K',
  renamenx: 'K K',
  rpush: 'K value',
  subscribe: 'K',
  time: '',
  type: 'K',
  zadd: 'K 0 member',
  zcard: 'K',
  zcount: 'K 0 0',
  zrange: 'K 0 0',
  zrangebyscore: 'K 0 0',
  zrem: 'K member',
  zscore: 'K member',
};

/** @returns a call of a command, on a key or channel if it has one; `undefined` for a command that the library does not use. */
export function callOf(command: string, name = ''): readonly string[] | undefined {
  const form = FORMS[command];
  return form === undefined
    ? undefined
    : [
        ...command.split('|'),
        ...form.split(' ').flatMap((part) => (part === '' ? [] : part === 'K' ? name : part)),
      ];
}
