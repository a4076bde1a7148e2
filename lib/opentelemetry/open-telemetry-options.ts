import type { MeterProvider, TracerProvider } from '@opentelemetry/api';

/** Options of `openTelemetry`. */
export interface OpenTelemetryOptions {
  /**
   * Names a queue in the names of spans and in metrics. Without it, each queue has its own name there: wrong where an application makes
   * up names at run time, such as one for each user, since each name is a series of metrics of its own. Is called once for each queue.
   *
   * @example
   * ```ts
   * openTelemetry({ queueName: (queue) => queue.replace(/^user-.*$/, 'user-*') })
   * ```
   */
  readonly queueName?: ((queue: string) => string) | undefined;
  /** Where spans go. By default the provider that is registered at `@opentelemetry/api`. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Where metrics go. By default the provider that is registered at `@opentelemetry/api` when the instance is made. */
  readonly meterProvider?: MeterProvider | undefined;
  /** Whether spans are made. Without them, the context of the caller still travels with each job. By default `true`. */
  readonly traces?: boolean | undefined;
  /** Whether metrics are recorded. By default `true`. */
  readonly metrics?: boolean | undefined;
}
