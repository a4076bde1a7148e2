import type { IncomingMessage } from 'node:http';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { isLocalHost } from './local-host.guard.js';

/** Allows requests of our own page only: other sites in the same browser can send requests, too. */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    const { host = '', origin, 'sec-fetch-site': site } = headers;
    // The name of another site may resolve to this machine, but then `host` shows it. Programs other than browsers send neither
    // `origin` nor `sec-fetch-site`.
    return (
      isLocalHost(host) &&
      (origin === undefined || origin === `http://${host}`) &&
      (site === undefined || site === 'same-origin')
    );
  }
}
