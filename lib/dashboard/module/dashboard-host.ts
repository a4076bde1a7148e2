import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { QueueAdmin } from '../../admin/queue-admin.js';
import { InvalidOptionError } from '../../errors/index.js';
import { describeValue } from '../../errors/value-text.js';
import { nestLog } from '../../nest/nest-log.js';
import { DEFAULT_INSTANCE, getQueueAdminToken } from '../../nest/tokens.js';
import { Dashboard } from '../server/dashboard.js';
import type { DashboardCall } from '../server/dashboard-call.js';
import { FOR_ROOT } from './dashboard-options.js';

interface HostOptions {
  readonly instance: string | undefined;
  readonly readOnly: boolean;
}

/** Makes the dashboard when the application starts, and ends its streams before the HTTP server waits for them. */
@Injectable()
export class DashboardHost implements OnModuleInit, OnModuleDestroy {
  private dashboard: Dashboard | undefined;

  constructor(
    private readonly modules: ModuleRef,
    private readonly options: HostOptions,
  ) {}

  /** @throws InvalidOptionError for the name of no instance. */
  onModuleInit(): void {
    const { instance = DEFAULT_INSTANCE, readOnly } = this.options;
    this.dashboard = new Dashboard({ admin: this.findAdmin(), readOnly, log: nestLog(instance) });
  }

  onModuleDestroy(): void {
    this.dashboard?.close();
  }

  async answer(call: DashboardCall): Promise<void> {
    await this.dashboard?.answer(call);
  }

  private findAdmin(): QueueAdmin {
    const { instance } = this.options;
    try {
      return this.modules.get(getQueueAdminToken(instance), { strict: false });
    } catch (cause) {
      const expected = `the \`name\` of a \`ReqRepModule.forRoot\` of the application${instance === undefined ? ', which has none without a name' : ''}`;
      const option = `instance in the options of ${FOR_ROOT}`;
      throw new InvalidOptionError(option, expected, describeValue(instance), { cause });
    }
  }
}
