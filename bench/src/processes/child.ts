import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface Call {
  readonly name: string;
  readonly input: unknown;
}

type Answer = { readonly result: unknown } | { readonly error: string };

/**
 * The first is for what is collected between loads. The second: a process that was stopped has not idled, but V8's memory
 * reducer would take it for one that did, and from then on let its heap grow so little at a time that long payloads took
 * 1.6 times the CPU.
 */
const FLAGS = ['--expose-gc', '--no-memory-reducer'];

/** What a process may take to end, ms. */
const LONGEST_END = 5_000;

/** What a process can be asked for, by name, each with one input and one result. */
export type Calls = Readonly<Record<string, (input: never) => unknown>>;

/** Answers the calls of the parent process, one at a time, and ends with it. */
export function answerParent(calls: Calls): void {
  process.on('message', ({ name, input }: Call) => {
    void answerTo(calls[name], input).then((answer) => process.send?.(answer));
  });
  process.on('disconnect', () => process.exit());
}

async function answerTo(call: Calls[string] | undefined, input: unknown): Promise<Answer> {
  try {
    return { result: await call?.(input as never) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const running = new Set<ChildProcess>();

// One that stands still would not notice that it was left behind.
process.once('exit', () => {
  for (const child of running) {
    child.kill('SIGKILL');
  }
});

/** A process of its own that answers the calls of `Answered`. */
export class Child<Answered extends Calls> {
  private readonly child: ChildProcess;

  /** @param file - a module beside this one. */
  constructor(file: string, args: readonly string[]) {
    this.child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
      execArgv: [...FLAGS, ...process.execArgv],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
  }

  async call<Name extends keyof Answered & string>(
    name: Name,
    ...[input]: Parameters<Answered[Name]>
  ): Promise<Awaited<ReturnType<Answered[Name]>>> {
    const settled = new AbortController();
    const answered = once(this.child, 'message', { signal: settled.signal });
    const ended = once(this.child, 'exit', { signal: settled.signal }).then(() => {
      throw new Error(`A process ended when it was to ${name}`);
    });
    this.child.send({ name, input } satisfies Call);
    try {
      const [answer] = (await Promise.race([answered, ended])) as [Answer];
      if ('error' in answer) {
        throw new Error(answer.error);
      }
      return answer.result as Awaited<ReturnType<Answered[Name]>>;
    } finally {
      settled.abort();
    }
  }

  /** Stands still until {@link resume}. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** It ends by itself when it is let go, unless it hangs. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.resume();
      const timer = setTimeout(() => this.child.kill('SIGKILL'), LONGEST_END);
      this.child.disconnect();
      await ended;
      clearTimeout(timer);
    }
  }
}
