/** What each request carries and each reply brings back: the handler doubles the value and returns the text. */
export interface Payload {
  readonly value: number;
  readonly text: string;
}

/** The handler of every system. */
export const answer = ({ value, text }: Payload): Payload => ({ value: value * 2, text });

/** The queue, or pattern, of the streaming handler; any other queue is answered by {@link answer}. */
export const NUMBERS = 'bench-numbers';

/** The streaming handler of every system that has one. */
export async function* numbersBelow(count: number): AsyncGenerator<number> {
  for (let value = 0; value < count; value++) {
    yield value;
  }
}

/** Hears the end of a request: an error, or the last value that came. */
export type OnEnd<Value> = (error: unknown, value?: Value) => void;

/** The side that asks. */
export interface Requester {
  ask(queue: string, data: Payload, onEnd: OnEnd<Payload>): void;
  /** Asks {@link NUMBERS} for the numbers below `count`. */
  stream?(count: number, onValue: (value: number) => void, onEnd: OnEnd<number>): void;
  close(): Promise<void>;
}

/** The side that answers. */
export interface Service {
  close(): Promise<void>;
}

export type ServerName = 'Redis' | 'Redis Cluster' | 'NATS' | 'RabbitMQ';

/** One way to ask and be answered that is measured. */
export interface System {
  /** As `--only` takes it. */
  readonly name: string;
  readonly title: string;
  readonly server: ServerName;
  /** How it is set up, and why that is what its own documentation says is best. */
  readonly setup: string;
  /** Whether it is left out unless it is named. */
  readonly isOnDemand?: boolean;
  /** Why it takes no part in a kind of scenario. */
  readonly cannot?: { readonly backlog?: string; readonly stream?: string };
  /** @param url - of its server. */
  serve(url: string, queues: readonly string[]): Promise<Service>;
  connect(url: string, queues: readonly string[]): Promise<Requester>;
}
