import type { ReqRepOptions } from '../../core/options.js';
import type { ReqRepHttpErrorsOptions } from '../pipeline/http-errors.filter.js';

/** The options of {@link ReqRepModule.forRoot}. Each has a default. */
export interface ReqRepModuleOptions extends ReqRepOptions {
  /**
   * Whether workers start with the application. With `false` this process only sends; with `'manual'` the application calls
   * {@link ReplyWorkers.start}.
   * @default true
   */
  readonly workers?: boolean | 'manual' | undefined;
  /**
   * Whether the start fails with a {@link ConnectionFailedError} where Redis cannot be used: `true` = within 5 s, a number = within so many
   * ms. It fails at once where Redis refuses the application until somebody changes something, such as the password.
   *
   * The option holds for processes that only send, too: they connect at the start then. With `false` the application starts, and connects
   * when it can.
   * @default false
   */
  readonly failFast?: boolean | number | undefined;
  /**
   * Whether app-wide guards, pipes, interceptors and filters (`APP_GUARD`, `useGlobalGuards` and the like) run on jobs, too. Most of
   * them are written for HTTP requests.
   * @default false
   */
  readonly globalEnhancers?: boolean | undefined;
  /**
   * Whether HTTP requests that end with an error of the library get a status that fits in place of a 500, in the whole application. See
   * {@link ReqRepHttpErrors}. Exception filters of the application that catch the error go first.
   * @default false
   */
  readonly reqRepHttpErrors?: boolean | ReqRepHttpErrorsOptions | undefined;
}

/** Properties that `forRoot` and `forRootAsync` take next to the options. */
export interface ReqRepModuleExtras {
  /** Whether every module can inject the client and the workers without an import. @default true */
  readonly isGlobal?: boolean | undefined;
  /** The name of the instance, where an application has several. See {@link InjectRequestClient} and {@link OnJobOptions.instance}. */
  readonly name?: string | undefined;
}

/** A class that makes the options, for `useClass` and `useExisting` of {@link ReqRepModule.forRootAsync}. */
export interface ReqRepOptionsFactory {
  /** Returns the options, or a promise of them. Is called once. */
  createReqRepOptions(): Promise<ReqRepModuleOptions> | ReqRepModuleOptions;
}
