import { Catch, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import { answerTo, isRpcException } from './rpc-error.js';

/**
 * Lets callers have the errors of handlers, where Nest's own filter answers `Internal server error`: an `HttpException` with its status and
 * body, other errors with name, message, code, details and causes. Dead letters of events show them, too.
 *
 * It is for the handlers of messages: use it on the microservice, or on controllers that have no routes.
 *
 * @example
 * ```ts
 * const microservice = app.connectMicroservice<MicroserviceOptions>({ strategy });
 * microservice.useGlobalFilters(new ExposeErrorsFilter());
 * ```
 */
@Catch()
export class ExposeErrorsFilter implements ExceptionFilter {
  /** Is called by Nest. */
  catch(exception: unknown): Observable<never> {
    return throwError(() => (isRpcException(exception) ? answerTo(exception) : exception));
  }
}
