import { connect, type Socket } from 'node:net';
import { connect as connectByTls, type ConnectionOptions } from 'node:tls';
import type { Runtime, Timer } from '../../driver/runtime.js';
import type { Place } from '../topology/destination.js';

/** How long the other end may take to accept a connection. */
const CONNECT_TIMEOUT_MS = 500;

/** How long the probe listens before it sends PING: a server that refuses all connections sends an error and closes. */
const LISTEN_BEFORE_PING_MS = 200;

/** How long the other end may take to answer. */
const ANSWER_TIMEOUT_MS = 300;

/** How much of the answer is kept. */
const MAX_FIRST_LINE_CHARS = 300;

/** The first bytes of a TLS alert. */
const TLS_ALERT_START = Buffer.from([0x15, 0x03]);

/** Findings of a probe. */
export interface Findings {
  /** Whether something accepts connections at the address. */
  readonly acceptsConnections: boolean;
  /** First line that the other end sends without TLS, unasked or in answer to `PING`; `undefined` without one. */
  readonly answer: string | undefined;
  readonly speaksTls: boolean;
  /** Code of a TLS alert, such as for a missing client certificate. */
  readonly tlsAlert?: string | undefined;
}

const SILENT: Findings = { acceptsConnections: true, answer: undefined, speaksTls: false };

/**
 * Finds out what listens at an address that does not behave like Redis: a server that refuses all connections (the commands of ioredis
 * fail before its error is read), a server with or without TLS, or another program. It takes half a second at most.
 * @param tls - the TLS options of the connection, whose client certificate the server may refuse.
 */
export async function probe(
  place: Place,
  runtime: Runtime,
  tls: ConnectionOptions = {},
): Promise<Findings> {
  const [heard, byTls] = await Promise.all([listen(place, runtime), askByTls(place, runtime, tls)]);
  return heard.answer === undefined && !heard.speaksTls ? { ...heard, ...byTls } : heard;
}

function listen(place: Place, runtime: Runtime): Promise<Findings> {
  return new Promise((resolve) => {
    const socket = connect(place);
    let findings: Findings = { ...SILENT, acceptsConnections: false };
    const timers: Timer[] = [];
    const after = (ms: number, act: () => void): void => {
      timers.push(runtime.setTimeout(act, ms).unref());
    };
    const end = (): void => {
      timers.forEach((timer) => runtime.clear(timer));
      socket.destroy();
      resolve(findings);
    };
    socket.once('connect', () => {
      findings = SILENT;
      after(LISTEN_BEFORE_PING_MS, () => socket.write('PING\r\n'));
      after(LISTEN_BEFORE_PING_MS + ANSWER_TIMEOUT_MS, end);
    });
    socket.once('data', (data) => {
      findings = data.subarray(0, TLS_ALERT_START.length).equals(TLS_ALERT_START)
        ? { ...SILENT, speaksTls: true }
        : { ...SILENT, answer: firstLine(data) };
      end();
    });
    after(CONNECT_TIMEOUT_MS, () => findings.acceptsConnections || end());
    endWith(socket, end);
  });
}

/** Tries a TLS handshake. It sends no secrets, so the certificate of the other end is not checked. */
function askByTls(
  place: Place,
  runtime: Runtime,
  tls: ConnectionOptions,
): Promise<Pick<Findings, 'speaksTls' | 'tlsAlert'>> {
  return new Promise((resolve) => {
    const socket = connectByTls({ ...tls, ...place, rejectUnauthorized: false });
    let speaksTls = false;
    let tlsAlert: string | undefined;
    const end = (): void => {
      runtime.clear(timer);
      socket.destroy();
      resolve({ speaksTls, tlsAlert });
    };
    const timer = runtime.setTimeout(end, CONNECT_TIMEOUT_MS).unref();
    // A server that requires a client certificate sends its alert after the handshake.
    socket.once('secureConnect', () => {
      speaksTls = true;
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code?.includes('_ALERT_')) {
        speaksTls = true;
        tlsAlert = code;
      }
    });
    endWith(socket, end);
  });
}

function endWith(socket: Socket, end: () => void): void {
  socket.unref();
  socket.on('error', end);
  socket.once('close', end);
}

const firstLine = (data: Buffer): string =>
  data.toString('latin1', 0, MAX_FIRST_LINE_CHARS).split(/[\r\n]/, 1)[0] ?? '';
