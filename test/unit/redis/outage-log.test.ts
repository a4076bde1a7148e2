import { expect, it } from 'vitest';
import { ServerTroubleError } from '../../../lib/driver/server-trouble.js';
import { OutageLog } from '../../../lib/redis/outage-log.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';

const AWAY = new ServerTroubleError('Redis is away', 'warn');

it('a Cluster can be used again when the outage of its last shard is over', () => {
  const log = new KeptLog(new VirtualRuntime());
  const [one, other] = ['{1}', '{2}'].map((tag) => new OutageLog(log.of(tag))) as [
    OutageLog,
    OutageLog,
  ];
  one.begin(AWAY, 'commands');
  other.begin(AWAY, 'commands');
  one.end();
  expect([log.warnings.length, log.infos, one.trouble, other.trouble]).toEqual([
    1,
    [],
    undefined,
    AWAY,
  ]);
  other.end();
  expect(log.infos).toEqual(['Redis can be used again']);
});

it('an outage of another instance, with a log of its own, holds nothing up', () => {
  const log = new KeptLog(new VirtualRuntime());
  new OutageLog(new KeptLog(new VirtualRuntime())).begin(AWAY, 'commands');
  const outage = new OutageLog(log);
  outage.begin(AWAY, 'commands');
  outage.end();
  expect(log.infos).toEqual(['Redis can be used again']);
});
