import type { IncomingMessage } from 'node:http';
import { isRecord } from '../../errors/value-text.js';
import { readJson } from '../../protocol/wire/read-json.js';
import type { DashboardCall } from './dashboard-call.js';
import { HttpRefusal } from './http-refusal.js';

/** The most that the body of a command may have, bytes. */
const MAX_BODY_BYTES = 1_000_000;

/** Reads the JSON object of a command. @throws HttpRefusal */
export async function readBody({
  request,
  body,
}: DashboardCall): Promise<Readonly<Record<string, unknown>>> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new HttpRefusal(415, 'Expected the header Content-Type to be application/json');
  }
  const given = body === undefined ? await textOf(request) : body;
  const isText = typeof given === 'string' || Buffer.isBuffer(given);
  const value = isText ? parsed(given.toString()) : given;
  if (!isRecord(value)) {
    throw new HttpRefusal(400, 'Expected the body to be a JSON object');
  }
  return value;
}

function parsed(text: string): unknown {
  const value = readJson(text);
  if (value === undefined) {
    throw new HttpRefusal(400, 'Expected the body to be a JSON object, got a text that is no JSON');
  }
  return value;
}

function textOf(request: IncomingMessage): Promise<string> {
  if (request.readableDidRead) {
    const advice = 'Let it leave application/json to others, or parse it.';
    throw new HttpRefusal(400, `The body was read before, and not passed on. ${advice}`);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (): void => resolve(Buffer.concat(chunks).toString());
    const fail = (): void => reject(new HttpRefusal(400, 'The body ended before its end'));
    const read = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > MAX_BODY_BYTES) {
        chunks.length = 0;
        // Its rest is not kept. The answer ends the connection.
        request.off('data', read).off('end', end).resume();
        const message = `Expected a body of ${MAX_BODY_BYTES} bytes at most`;
        reject(new HttpRefusal(413, message, { Connection: 'close' }));
      }
    };
    request.on('data', read).once('end', end).once('error', fail).once('close', fail);
  });
}
