import type { ChildProcess } from 'node:child_process';
import type { PeerCall, PeerEvent, PeerJob } from '../processes/peer.js';
import { startFile, startProcess } from './processes.js';

/** How a call of a peer ended. */
interface CallEnd {
  readonly values: readonly unknown[];
  /** `undefined` where it completed. */
  readonly error: string | undefined;
}

/** A call that a peer makes. */
export interface RunningCall {
  /** What has come until now. */
  readonly values: readonly unknown[];
  readonly end: Promise<CallEnd>;
  readonly cancel: () => void;
}

/** A process of `test/processes/peer.ts`: a client, and perhaps a worker, of any version. */
export class Peer {
  /** Texts of the jobs that its worker has started, and of those that were cancelled. */
  readonly started: string[] = [];
  readonly aborted: string[] = [];
  private readonly listeners = new Map<number, (event: PeerEvent) => void>();
  private calls = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message) => this.hear(message as PeerEvent));
  }

  /** Starts a peer, which is stopped behind the test. @param file - that of another version; without it, that of this one. */
  static async start(
    env: Readonly<Record<string, string>>,
    file: string | undefined,
  ): Promise<Peer> {
    const starting = file === undefined ? startProcess('peer', env) : startFile(file, env);
    return new Peer(await starting);
  }

  get pid(): number {
    return Number(this.child.pid);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  send(queue: string, job: PeerJob): RunningCall {
    return this.call('send', queue, job);
  }

  emit(queue: string, job: PeerJob): RunningCall {
    return this.call('emit', queue, job);
  }

  private call(method: 'send' | 'emit', queue: string, job: PeerJob): RunningCall {
    const id = this.calls++;
    const values: unknown[] = [];
    const end = new Promise<CallEnd>((resolve) => {
      this.listeners.set(id, (event) => {
        if (event.event === 'value') {
          values.push(event.value);
        } else if (event.event === 'end') {
          resolve({ values, error: event.error });
        }
      });
    });
    this.tell({ id, method, queue, job });
    return { values, end, cancel: () => this.tell({ id, method: 'cancel' }) };
  }

  private tell(call: PeerCall): void {
    this.child.send(call);
  }

  private hear(event: PeerEvent): void {
    switch (event.event) {
      case 'started':
      case 'aborted':
        this[event.event].push(event.text);
        break;
      default:
        this.listeners.get(event.id)?.(event);
    }
  }
}
