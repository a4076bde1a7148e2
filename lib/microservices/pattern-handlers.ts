import type { MessageHandler } from '@nestjs/microservices';
import type { ServeOptions } from '../core/serve-options.js';
import { propertyOf } from '../errors/error-text.js';
import { InvalidOptionError } from '../errors/index.js';
import { describeValue } from '../errors/value-text.js';
import { extrasFor } from './handler-extras.js';

/** How many patterns a text names before it counts the others. */
const MAX_NAMED_PATTERNS = 3;

/** The handlers of one pattern. */
interface HandlersOfPattern {
  message?: MessageHandler;
  readonly events: MessageHandler[];
}

/** The handlers of one queue, by their patterns, and the options of the queue. */
export class PatternHandlers {
  #options: ServeOptions = {};
  readonly #patterns = new Map<string, HandlersOfPattern>();

  constructor(readonly queue: string) {}

  get options(): ServeOptions {
    return this.#options;
  }

  /** The patterns, for logs: the first ones by name. */
  get names(): string {
    const patterns = [...this.#patterns.keys()];
    const others = patterns.length - MAX_NAMED_PATTERNS;
    const named = patterns.slice(0, MAX_NAMED_PATTERNS).join(', ');
    return others > 0 ? `${named} and ${others} more` : named;
  }

  /**
   * Adds a handler. As in Nest, a later handler of a message replaces an earlier one; an event may have several.
   * @throws InvalidOptionError for an option of the queue that differs from that of another handler.
   */
  add(pattern: string, handler: MessageHandler, options: ServeOptions): void {
    this.#agreeOn(options, pattern);
    const known = this.#patterns.get(pattern) ?? { events: [] };
    this.#patterns.set(pattern, known);
    if (handler.isEventHandler === true) {
      known.events.push(handler);
    } else {
      known.message = handler;
    }
  }

  /**
   * @param isRequest - whether somebody waits for a reply. As in Nest, a request may reach the handler of an event, and the other way round.
   * @returns the handlers to call; none for an unknown pattern.
   */
  of(pattern: string, isRequest: boolean): readonly MessageHandler[] {
    const { message, events = [] } = this.#patterns.get(pattern) ?? {};
    const isForMessage = message !== undefined && (isRequest || events.length === 0);
    return isForMessage ? [message] : events;
  }

  #agreeOn(options: ServeOptions, pattern: string): void {
    for (const [name, value] of Object.entries(options)) {
      const other = propertyOf(this.#options, name);
      if (other !== undefined && value !== undefined && other !== value) {
        throw new InvalidOptionError(
          `${name} in the extras of the pattern ${pattern}`,
          `that of the other handlers of queue "${this.queue}", ${describeValue(other)}`,
          describeValue(value),
        );
      }
    }
    this.#options = { ...this.#options, ...options };
  }
}

/** The handlers of a service, by queue. */
export class QueuesOfHandlers {
  readonly #queues = new Map<string, PatternHandlers>();

  /** @param queue - of the handlers that have none of their own. */
  constructor(private readonly queue: string) {}

  get all(): readonly PatternHandlers[] {
    return [...this.#queues.values()];
  }

  /** @throws InvalidOptionError for wrong extras. */
  add(pattern: string, handler: MessageHandler): void {
    const { queue = this.queue, ...options } = extrasFor(pattern, handler.extras ?? {}) ?? {};
    const handlers = this.#queues.get(queue) ?? new PatternHandlers(queue);
    this.#queues.set(queue, handlers);
    handlers.add(pattern, handler, options);
  }
}
