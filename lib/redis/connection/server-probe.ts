import { connect, type Socket } from 'node:net';
import { connect as connectByTls } from 'node:tls';
import type { Runtime, Timer } from '../../driver/runtime.js';
import type { Place } from '../topology/destination.js';

/** How long the other end may take to accept a connection, ms. */
const CONNECT_TIMEOUT_MS = 500;

/** How long it is listened to before it is asked anything, ms: a server that refuses everybody says so and closes. */
const LISTEN_BEFORE_PING_MS = 200;

/** How long it may take to answer, ms. */
const ANSWER_TIMEOUT_MS = 300;

/** Characters of what it says that are kept. */
const MAX_FIRST_LINE_CHARS = 300;

/** How a message of TLS begins that tells of a mistake. */
const TLS_ALERT_START = Buffer.from([0x15, 0x03]);

/** What is found where a server should be. */
export interface Findings {
  /** Whether somebody accepts connections there. */
  readonly acceptsConnections: boolean;
  /** What is said there without TLS, unasked or to a `PING`: the first line, where there is one. */
  readonly answer: string | undefined;
  readonly speaksTls: boolean;
  /** The code of what it refuses by TLS, such as a client without a certificate. */
  readonly tlsAlert?: string | undefined;
}

const SILENT: Findings = { acceptsConnections: true, answer: undefined, speaksTls: false };

/**
 * Finds out what is at a place that does not behave like a server of ours: one that refuses everybody (what ioredis sends
 * fails before its words are read), one with or without TLS, or another program. Takes half a second at most.
 */
export async function probe(place: Place, runtime: Runtime): Promise<Findings> {
  const [heard, byTls] = await Promise.all([listen(place, runtime), askByTls(place, runtime)]);
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

/** Nothing is told to the other end, so that it need not prove who it is. */
function askByTls(
  place: Place,
  runtime: Runtime,
): Promise<Pick<Findings, 'speaksTls' | 'tlsAlert'>> {
  return new Promise((resolve) => {
    const socket = connectByTls({ ...place, rejectUnauthorized: false });
    let speaksTls = false;
    let tlsAlert: string | undefined;
    const end = (): void => {
      runtime.clear(timer);
      socket.destroy();
      resolve({ speaksTls, tlsAlert });
    };
    const timer = runtime.setTimeout(end, CONNECT_TIMEOUT_MS).unref();
    // One that wants a certificate of ours says so after that.
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
