import type { OnModuleDestroy } from '@nestjs/common';
import { filter, type Observable } from 'rxjs';
import { ReqRepServer } from './reqrep-server.js';

/** Closes the servers of an application with the first shutdown hook. */
export class ServersLifecycle implements OnModuleDestroy {
  private readonly servers: ReqRepServer[] = [];

  /** @param targets - emits the server of each microservice that is connected to the application. */
  constructor(targets: Observable<unknown>) {
    targets
      .pipe(filter((target) => target instanceof ReqRepServer))
      .subscribe((server) => this.servers.push(server));
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
  }
}
