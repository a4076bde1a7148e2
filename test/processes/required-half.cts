/** The half of an application that is CommonJS: it requires the library. */
import { Injectable, Module } from '@nestjs/common';
import { OnJob, ReqRepError, RequestClient } from 'nestjs-reqrep';
import { lastValueFrom } from 'rxjs';

@Injectable()
class RequiredWorker {
  constructor(private readonly requests: RequestClient) {}

  @OnJob('required')
  run(): Promise<unknown> {
    return lastValueFrom(this.requests.send<unknown>('imported', {}));
  }
}

@Module({ providers: [RequiredWorker] })
export class RequiredHalf {}

export const isKnown = (error: unknown): boolean => error instanceof ReqRepError;
