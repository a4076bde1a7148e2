import type { IncomingMessage } from 'node:http';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';

/** Allows requests to this machine by its own names: the name of another site may resolve to this machine, too. */
@Injectable()
export class LocalHostGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return isLocalHost(context.switchToHttp().getRequest<IncomingMessage>().headers.host ?? '');
  }
}

/** @param host - the header `host` of a request. */
export const isLocalHost = (host: string): boolean =>
  /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
