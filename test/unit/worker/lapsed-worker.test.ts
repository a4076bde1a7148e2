import { expect, it } from 'vitest';
import { readLapsedWorker } from '../../../lib/worker/liveness/lapsed-worker.js';

const described = {
  slots: '256',
  connections: '7@127.0.0.1:80 8@::1:8',
  server: 'run-1',
  host: 'a host',
  pid: '42',
};
const read = (change: Partial<typeof described> = {}, expiry = '5') =>
  readLapsedWorker({ workerId: 'worker-1', expiry }, { ...described, ...change });

it('reads the description of a worker', () => {
  expect(read()).toEqual({
    id: 'worker-1',
    slots: 256,
    connections: [
      { id: 7, address: '127.0.0.1:80', server: 'run-1' },
      { id: 8, address: '::1:8', server: 'run-1' },
    ],
    server: 'run-1',
    name: 'worker-1 (process 42 on a host)',
    expiry: 5,
  });
});

it('reads an empty description', () => {
  const nothing = { slots: '', connections: '', server: '', host: '', pid: '' };
  expect(read(nothing)).toMatchObject({ slots: undefined, connections: [], server: undefined });
  expect(read(nothing).name).toBe('worker-1 (process unknown on an unknown host)');
});

it.each(['50000000', '100001', '0', '-1', '1e9', 'Infinity', 'NaN', '0x10', '4.5', ' 4', 'many'])(
  'ignores the number of slots `%s`',
  (slots) => {
    expect(read({ slots }).slots).toBeUndefined();
  },
);

it('accepts the largest number of slots that a worker can have', () => {
  expect(read({ slots: '80000' }).slots).toBe(80_000);
});

it.each(['x@1', '@', '7', '-7@a', '7@', '99999999999999999999@a', 'NaN@a', 'ALL', '1.5@a'])(
  'ignores the connection `%s`',
  (connections) => {
    expect(read({ connections }).connections).toEqual([]);
  },
);

it('accepts only a few connections', () => {
  expect(read({ connections: '7@a '.repeat(100) }).connections).toHaveLength(8);
});

it.each(['inf', '-inf', 'nan', ''])('treats a lease that ends at `%s` as lapsed', (end) => {
  expect(read({}, end).expiry).toBe(0);
});
