import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { ReqRepHealthIndicator } from 'nestjs-reqrep/terminus';
import { PICTURE_SETS } from '../picture-set-job.js';

/** Answers probes. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly reqRep: ReqRepHealthIndicator,
  ) {}

  /** Tells whether pictures can be made now: Redis answers, and a worker is alive. */
  @Get()
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    const queues = { [PICTURE_SETS]: { minWorkers: 1 } };
    return this.health.check([() => this.reqRep.isHealthy('redis', { queues })]);
  }

  /** Tells that the process answers, whatever Redis does: a restart would not bring Redis back. */
  @Get('live')
  live(): { status: string } {
    return { status: 'ok' };
  }
}
