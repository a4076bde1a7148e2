/** A script without Nest: serves a queue, asks it, is refused one, closes, and should then end by itself. */
import { createReqRep } from 'nestjs-reqrep/core';

const { QUEUE = '', REDIS_URL = '' } = process.env;

process.send?.('ready');
const { client, workers, close } = createReqRep({ connection: REDIS_URL });
await workers.serve(QUEUE, (data: number) => data * 2);
const reply = await client.request<number>(QUEUE, 21);
client.emit(QUEUE, 1);
await close();
process.exitCode = reply === 42 ? 0 : 1;
// The channel to the parent is the only handle that is not ours.
process.disconnect?.();
