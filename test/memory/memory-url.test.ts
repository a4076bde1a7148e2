import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';

@Injectable()
class Worker {
  @OnJob('double')
  double(data: number): number {
    return 2 * data;
  }
}

it('applications share a server with a name, and no other', async () => {
  const options = { workers: false, timeout: 300 };
  const served = await startApp({ connection: 'memory://one' }, [Worker]);
  await startApp({ connection: 'memory://' }, [Worker]);
  const same = await startApp({ ...options, connection: 'memory://one' });
  const others = [
    await startApp({ ...options, connection: 'memory://two' }),
    await startApp({ ...options, connection: 'memory://' }),
  ];
  expect(await firstValueFrom(same.client.send('double', 1))).toBe(2);
  expect(await firstValueFrom(served.client.send('double', 2))).toBe(4);
  for (const { client } of others) {
    expect(await failureOf(client.send('double', 3))).toMatchObject({ workers: 0 });
  }
});

it('a shared server keeps its data as long as an application uses it', async () => {
  const start = () => startApp({ connection: 'memory://kept', workers: false });
  const lengthOf = async ({ client }: Awaited<ReturnType<typeof start>>): Promise<number> => {
    let length = 0;
    const options = {
      onPushed: (pushed: { queueLength: number }) => (length = pushed.queueLength),
    };
    await failureOf(client.send('jobs', null, { ...options, timeout: 50 }));
    return length;
  };
  const [first, second] = [await start(), await start()];
  await firstValueFrom(first.client.emit('jobs'));
  await first.app.close();
  const third = await start();
  expect(await lengthOf(third)).toBe(2);
  await Promise.all([second.app.close(), third.app.close()]);
  expect(await lengthOf(await start())).toBe(1);
});
