import {
  All,
  Controller,
  Inject,
  Req,
  Res,
  UseGuards,
  VERSION_NEUTRAL,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { pathOf } from '../server/dashboard-call.js';
import { DashboardHost } from './dashboard-host.js';
import { rawHttp, type FrameworkRequest, type FrameworkResponse } from './raw-http.js';

/** The controller of one dashboard. */
export interface MadeController {
  readonly controller: Type;
  /**
   * Sets the route of the files, before Nest reads it: `:file`. On Fastify only the wildcard `*` serves the path with nothing but a slash
   * behind it, too; Express and the middleware of Nest do not know this wildcard.
   */
  routeFiles(path: ':file' | '*'): void;
}

/** Makes the controller of one dashboard. It has a route for each depth, since Express and Fastify have no wildcard in common. */
export function controllerAt(
  place: string,
  guards: readonly (Type<CanActivate> | CanActivate)[],
): MadeController {
  @Controller({ path: place, version: VERSION_NEUTRAL })
  @UseGuards(...guards)
  class DashboardController {
    constructor(@Inject(DashboardHost) private readonly host: DashboardHost) {}

    @All()
    page(@Req() request: FrameworkRequest, @Res() response: FrameworkResponse): Promise<void> {
      const call = rawHttp(request, response);
      const hasSlash = pathOf(call.url).endsWith('/');
      return this.host.answer({ ...call, path: hasSlash ? '' : undefined });
    }

    file(@Req() request: FrameworkRequest, @Res() response: FrameworkResponse): Promise<void> {
      const path = request.params?.['file'] ?? request.params?.['*'];
      // No way around the middleware of the route below.
      const file = path?.includes('/') ? 'no file' : path;
      return this.host.answer({ ...rawHttp(request, response), path: file });
    }

    @All('api/:name')
    api(@Req() request: FrameworkRequest, @Res() response: FrameworkResponse): Promise<void> {
      const path = `api/${request.params?.['name']}`;
      return this.host.answer({ ...rawHttp(request, response), path });
    }
  }
  const { prototype } = DashboardController;
  return {
    controller: DashboardController,
    routeFiles: (path) => {
      const method = Object.getOwnPropertyDescriptor(prototype, 'file');
      if (method) {
        All(path)(prototype, 'file', method);
      }
    },
  };
}
