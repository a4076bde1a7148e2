import { expect, it } from 'vitest';
import {
  decodeIdentities,
  encodeIdentity,
  mayBeSameLine,
  parseClientLine,
} from '../../../lib/protocol/wire/line-identity.js';

const RUN = 'r'.repeat(40);

it.each([
  ['an address', '127.0.0.1:50123', undefined],
  ['an address of IPv6', '[::1]:50123', undefined],
  ['a socket', '/run/redis.sock:0', undefined],
  ['a socket with an `@` in its path', '/run/redis@6379/redis.sock:0', undefined],
  [
    'such a socket, with a name',
    '/run/redis@6379/redis.sock:0',
    'nestjs-reqrep:default:commands:1',
  ],
])('a connection from %s matches the description of its worker', (_, address, name) => {
  const server = name === undefined ? RUN : undefined;
  const said = decodeIdentities(encodeIdentity({ id: 7, address, server, name }), server);
  expect(said).toEqual([{ id: 7, address, server, name }]);
  const shown = parseClientLine(`id=7 addr=${address} fd=8 name=${name ?? ''} age=1`, server);
  expect(said.some((one) => shown !== undefined && mayBeSameLine(shown, one))).toBe(true);
});

it.each(['', '@', '7', '7@', 'x@address', '0@address', '-1@address', `${'9'.repeat(16)}@address`])(
  'an unreadable identity is left out: "%s"',
  (text) => {
    expect(decodeIdentities(text, RUN)).toEqual([]);
  },
);
