import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { redisBinary } from '../../sample-app/src/local-redis.js';
import { waitFor } from './wait-for.js';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) {
    child.kill('SIGKILL');
  }
});

/** A process of the server's program. It ends with the process that started it. */
export class ServerProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** Resolves when it accepts connections on its port. */
  static async start(port: number, args: readonly string[]): Promise<ServerProcess> {
    const child = spawn(await redisBinary(), args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.on('data', (data) => {
      output = `${output}${String(data)}`.slice(-2_000);
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    await waitFor(() => {
      if (child.exitCode !== null) {
        throw new Error(`The server on port ${port} ended as soon as it had started: ${output}`);
      }
      return accepts(port);
    });
    return new ServerProcess(child);
  }

  /** Sends a signal that does not end it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  /** Ends it; what it confirmed is on disk where it was told to keep it. */
  async kill(): Promise<void> {
    if (running.has(this.child)) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
