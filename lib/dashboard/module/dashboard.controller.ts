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
   * Adds the route of the path with a slash behind it, which Fastify takes for another path. Call it before Nest reads the routes, and
   * behind what cannot read the wildcard of Fastify.
   */
  addSlashRoute(): void;
}

/** Makes the controller of one dashboard. Express and Fastify have no wildcard in common, so it has a route for each depth. */
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

    @All(':file')
    file(@Req() request: FrameworkRequest, @Res() response: FrameworkResponse): Promise<void> {
      const path = request.params?.['file'];
      return this.host.answer({ ...rawHttp(request, response), path });
    }

    @All('api/:name')
    api(@Req() request: FrameworkRequest, @Res() response: FrameworkResponse): Promise<void> {
      const path = `api/${request.params?.['name']}`;
      return this.host.answer({ ...rawHttp(request, response), path });
    }

    slash(@Req() request: FrameworkRequest, @Res() response: FrameworkResponse): Promise<void> {
      const path = request.params?.['*'] === '' ? '' : '*';
      return this.host.answer({ ...rawHttp(request, response), path });
    }
  }
  const { prototype } = DashboardController;
  return {
    controller: DashboardController,
    addSlashRoute: () => {
      const method = Object.getOwnPropertyDescriptor(prototype, 'slash');
      if (method) {
        All('*')(prototype, 'slash', method);
      }
    },
  };
}
