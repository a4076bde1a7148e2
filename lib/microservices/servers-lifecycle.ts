import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { filter, type Observable } from 'rxjs';
import { ReqRepServer } from './reqrep-server.js';

/** Lets the servers of an application serve behind its last start hook, and closes them with its first shutdown hook. */
export class ServersLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly servers: ReqRepServer[] = [];
  private hasStarted = false;

  /** @param targets - emits the server of each microservice of the application. */
  constructor(targets: Observable<unknown>) {
    targets.pipe(filter((target) => target instanceof ReqRepServer)).subscribe((server) => {
      this.servers.push(server);
      if (!this.hasStarted) {
        server.hold();
      }
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.hasStarted = true;
    await Promise.all(this.servers.map((server) => server.release()));
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
  }
}
