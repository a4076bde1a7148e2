import {
  Catch,
  HttpStatus,
  Inject,
  Optional,
  type ArgumentsHost,
  type ExceptionFilter,
  type HttpServer,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { STATUS_CODES } from 'node:http';
import { throwError } from 'rxjs';
import { propertyOf, stackOf } from '../../errors/error-text.js';
import { InvalidOptionError, PayloadTooLargeError, ReqRepError } from '../../errors/index.js';
import { aBoolean, anInteger, checkOptions, type OptionRules } from '../../options/option-rules.js';
import type { Log } from '../../telemetry/log.js';
import { nestLog } from '../nest-log.js';
import { DEFAULT_INSTANCE } from '../tokens.js';

/** Options of {@link ReqRepHttpErrors}. */
export interface ReqRepHttpErrorsOptions {
  /**
   * Whether the HTTP response has the message of the error, which may name queues and show what a handler threw. With `false` it has the
   * name of the status.
   * @default false
   */
  readonly exposeMessages?: boolean | undefined;
  /** The seconds in the header `Retry-After` of a 503. @default no such header */
  readonly retryAfter?: number | undefined;
}

/** @internal */
export const HTTP_ERRORS_RULES: OptionRules<ReqRepHttpErrorsOptions> = {
  exposeMessages: aBoolean,
  retryAfter: anInteger(0),
};

const STATUS_BY_CODE: Readonly<Record<ReqRepError['code'], HttpStatus>> = {
  REQUEST_TIMEOUT: HttpStatus.GATEWAY_TIMEOUT,
  NO_WORKERS: HttpStatus.SERVICE_UNAVAILABLE,
  QUEUE_FULL: HttpStatus.SERVICE_UNAVAILABLE,
  PENDING_LIMIT: HttpStatus.SERVICE_UNAVAILABLE,
  CLIENT_CLOSED: HttpStatus.SERVICE_UNAVAILABLE,
  WORKERS_CLOSED: HttpStatus.SERVICE_UNAVAILABLE,
  CONNECTION_FAILED: HttpStatus.SERVICE_UNAVAILABLE,
  PUSH_FAILED: HttpStatus.SERVICE_UNAVAILABLE,
  WORKER_LOST: HttpStatus.BAD_GATEWAY,
  JOB_REMOVED: HttpStatus.SERVICE_UNAVAILABLE,
  PAYLOAD_TOO_LARGE: HttpStatus.PAYLOAD_TOO_LARGE,
  REMOTE: HttpStatus.INTERNAL_SERVER_ERROR,
  SERIALIZATION: HttpStatus.INTERNAL_SERVER_ERROR,
  INVALID_OPTION: HttpStatus.INTERNAL_SERVER_ERROR,
  DUPLICATE_HANDLER: HttpStatus.INTERNAL_SERVER_ERROR,
};

/** Token of the options, with no provider: where Nest creates the filter, `@Optional()` leaves the options `undefined`. */
const NO_OPTIONS = Symbol('nestjs-reqrep:http-errors-options');

/**
 * An exception filter that gives HTTP requests a status that fits the error of the library: 504 for a timeout, 503 where nobody can take
 * the job now or somebody has removed it, 502 for a lost worker, 413 for a job that is too large, and 500 for the rest. Errors with a status from 500 on are logged.
 * Errors of jobs, of GraphQL and of other transports pass unchanged.
 *
 * The module option `reqRepHttpErrors: true` applies the filter to the whole application, `@UseFilters(ReqRepHttpErrors)` to a class or a
 * method.
 *
 * @example
 * ```ts
 * app.useGlobalFilters(new ReqRepHttpErrors(app.get(HttpAdapterHost), { retryAfter: 5 }));
 * ```
 */
@Catch(ReqRepError)
export class ReqRepHttpErrors implements ExceptionFilter<ReqRepError> {
  readonly #adapter: HttpAdapterHost | HttpServer;
  readonly #options: ReqRepHttpErrorsOptions;
  readonly #log: Log = nestLog(DEFAULT_INSTANCE);

  /**
   * @param adapter - `app.get(HttpAdapterHost)` or `app.getHttpAdapter()`.
   * @param options - Options of the filter.
   * @throws {@link InvalidOptionError} for another adapter or a wrong option.
   */
  constructor(
    @Inject(HttpAdapterHost) adapter: HttpAdapterHost | HttpServer,
    @Optional() @Inject(NO_OPTIONS) options?: ReqRepHttpErrorsOptions,
  ) {
    if (typeof adapter !== 'object' || adapter === null) {
      throw new InvalidOptionError(
        'the adapter of ReqRepHttpErrors',
        '`app.get(HttpAdapterHost)` or `app.getHttpAdapter()`',
        `\`${String(adapter)}\``,
      );
    }
    checkOptions(options ?? {}, HTTP_ERRORS_RULES, 'the options of ReqRepHttpErrors');
    this.#adapter = adapter;
    this.#options = options ?? {};
  }

  /** Answers an error of the library. Called by Nest. */
  catch(error: ReqRepError, host: ArgumentsHost): unknown {
    if (host.getType() === 'rpc') {
      // The answer that Nest gives without a filter. It cannot be left to Nest: an error that a filter throws here ends the process.
      this.#logError(error);
      return throwError(() => ({ status: 'error', message: 'Internal server error' }));
    }
    const adapter =
      this.#adapter instanceof HttpAdapterHost ? this.#adapter.httpAdapter : this.#adapter;
    if (host.getType() !== 'http' || !adapter) {
      throw error;
    }
    const status = statusOf(error);
    if (status >= HttpStatus.INTERNAL_SERVER_ERROR) {
      this.#logError(error);
    }
    const { exposeMessages = false, retryAfter } = this.#options;
    const response: unknown = host.getArgByIndex(1);
    if (adapter.isHeadersSent(response)) {
      adapter.end(response);
      return undefined;
    }
    if (status === HttpStatus.SERVICE_UNAVAILABLE && retryAfter !== undefined) {
      adapter.setHeader?.(response, 'Retry-After', String(retryAfter));
    }
    const message = exposeMessages ? error.message : STATUS_CODES[status];
    adapter.reply(response, { statusCode: status, message }, status);
    return undefined;
  }

  #logError(error: ReqRepError): void {
    const kind = `http error: ${error.code} ${String(propertyOf(error, 'queue'))}`;
    const text = `A request to the application failed: ${error.name}: ${error.message}`;
    this.#log.repeated(kind, 'error', text, stackOf(error));
  }
}

/** @returns the HTTP status of an error. A reply that is too large is not the fault of the client that sent the HTTP request. */
const statusOf = (error: ReqRepError): HttpStatus =>
  error instanceof PayloadTooLargeError && error.direction === 'reply'
    ? HttpStatus.INTERNAL_SERVER_ERROR
    : STATUS_BY_CODE[error.code];

/** Whether a filter of the application is {@link ReqRepHttpErrors}. @internal */
export const isHttpErrorsFilter = (filter: unknown): boolean => filter instanceof ReqRepHttpErrors;
