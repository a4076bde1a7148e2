/** A worker process without Nest: serves the queue named by `QUEUE`, and asks the one named by `NEXT` for each job. */
import { createReqRep } from 'nestjs-reqrep/core';

const { QUEUE = '', NEXT = '', REDIS_URL = '' } = process.env;

const { client, workers, close } = createReqRep({ connection: REDIS_URL });
await workers.serve(QUEUE, async (data, job) => {
  const next = await client.request(NEXT, data);
  return { next, headers: job.headers, pid: process.pid };
});
process.once('SIGTERM', () => void close().then(() => process.disconnect?.()));
process.once('disconnect', () => process.exit());
process.send?.('ready');
