import type { IncomingMessage } from 'node:http';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';

const LOCAL_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

/** Lets only our own page do something here: other sites that are open in the same browser can send requests, too. */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    const { host = '', origin, 'sec-fetch-site': site } = headers;
    // A name of another site may lead to this machine, but then it is in `host`. Programs that are no browsers send neither of the others.
    return (
      LOCAL_HOST.test(host) &&
      (origin === undefined || origin === `http://${host}`) &&
      (site === undefined || site === 'same-origin')
    );
  }
}
