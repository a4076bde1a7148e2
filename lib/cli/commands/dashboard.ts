import { propertyOf } from '../../errors/error-text.js';
import { bounded } from '../../telemetry/log.js';
import type { Command, CommandCall } from '../frame/command.js';
import { integerOf } from '../frame/option-values.js';
import { withPeers } from '../frame/peers.js';
import { whenAborted, withReqRep } from '../frame/with-reqrep.js';

const DEFAULT_PORT = 3_001;

/** Serves the page of the queues on this machine, until ctrl-C. */
export const dashboard: Command = {
  name: 'dashboard',
  operands: '',
  summary: 'serve a page of the queues for the browsers of this machine',
  description: [
    'Serves a page with the queues, their jobs, workers and dead letters on 127.0.0.1, and prints its address. It ends with ctrl-C. Whoever can open connections on this machine sees the data of jobs, and may remove them unless --read-only is given.',
  ],
  options: {
    port: {
      type: 'string',
      value: 'PORT',
      help: `the port; 0: any that is free; default: ${DEFAULT_PORT}`,
    },
    'read-only': { type: 'boolean', help: 'refuse all changes' },
  },
  examples: [
    ['nestjs-reqrep dashboard', `the page is at http://127.0.0.1:${DEFAULT_PORT}/`],
    [
      'nestjs-reqrep dashboard --port 0 --read-only --url redis://db.example:6379',
      'a page that changes nothing, on any port, of a server elsewhere',
    ],
  ],
  exits: { failed: 'the port cannot be used' },
  run: async (call) => {
    const port = integerOf(call.values, 'port', 0, 65_535) ?? DEFAULT_PORT;
    const readOnly = call.values['read-only'] === true;
    return withReqRep(call, async ({ admin }) => {
      const [{ Dashboard }, { serveLocally }] = await withPeers(() =>
        Promise.all([
          import('../../dashboard/server/dashboard.js'),
          import('../../dashboard/server/local-server.js'),
        ]),
      );
      const served = new Dashboard({ admin, readOnly, log: { error: writeError } });
      const server = await serveLocally(served, port).catch((error: unknown) => {
        throw isTaken(error) ? portIsTaken(port) : error;
      });
      try {
        writeAddress(server.url, call);
        return await whenAborted(call.signal);
      } finally {
        await server.close();
      }
    });
  },
};

const writeError = (text: string): void =>
  void process.stderr.write(`nestjs-reqrep: ${bounded(text)}\n`);

const isTaken = (error: unknown): boolean => propertyOf(error, 'code') === 'EADDRINUSE';

const portIsTaken = (port: number): Error =>
  new Error(
    `Port ${port} of 127.0.0.1 is in use: choose another with --port, or any with --port 0`,
  );

function writeAddress(url: string, { out }: CommandCall): void {
  if (out.isForPeople) {
    out.text(`The dashboard is at ${url} until ctrl-C.`);
  } else {
    out.json({ url });
  }
}
