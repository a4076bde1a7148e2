import type { ReqRepOptions } from '../../core/options.js';
import type { ReqRepHttpErrorsOptions } from '../pipeline/http-errors.filter.js';

/** What `ReqRepModule.forRoot` takes. Everything has a default. */
export interface ReqRepModuleOptions extends ReqRepOptions {
  /**
   * `true`: workers start with the application. `false`: this process only sends. `'manual'`: they are started by
   * `ReplyWorkers.start()`.
   * @default true
   */
  readonly workers?: boolean | 'manual' | undefined;
  /**
   * Whether the start fails with a `ConnectionFailedError` where Redis cannot be used: `true` = within 5 s, or that many ms;
   * at once where Redis refuses us until somebody changes something, such as the password. Nothing is held then. It holds for
   * processes that only send, too, which connect at the start then. `false`: the application starts, and connects when it can.
   * @default false
   */
  readonly failFast?: boolean | number | undefined;
  /**
   * Whether app-wide guards, pipes, interceptors and filters (`APP_GUARD`, `useGlobalGuards` and the like) run on jobs
   * too. They are written for HTTP requests more often than not.
   * @default false
   */
  readonly globalEnhancers?: boolean | undefined;
  /**
   * Whether HTTP requests that end with an error of the library get a status that fits (504, 503, 502, 413) in place of a 500, in
   * the whole application; see {@link ReqRepHttpErrors}. Exception filters of the application that take the error go first.
   * @default false
   */
  readonly reqRepHttpErrors?: boolean | ReqRepHttpErrorsOptions | undefined;
}

/** What `forRoot` and `forRootAsync` take beside the options. */
export interface ReqRepModuleExtras {
  /** Whether every module can inject what this one exports. @default true */
  readonly isGlobal?: boolean | undefined;
  /** Tells several instances apart; see `InjectRequestClient` and the `instance` of `OnJob`. */
  readonly name?: string | undefined;
}

/** A class that makes the options: `forRootAsync({ useClass })` or `useExisting`. */
export interface ReqRepOptionsFactory {
  createReqRepOptions(): Promise<ReqRepModuleOptions> | ReqRepModuleOptions;
}
