import {
  ConflictException,
  Controller,
  HttpCode,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Sse,
  UseGuards,
  type MessageEvent,
} from '@nestjs/common';
import { map, merge, startWith, type Observable } from 'rxjs';
import { SameOriginGuard } from './same-origin.guard.js';
import { WorkerPool } from './worker-pool.js';

@Controller('workers')
export class WorkersController {
  constructor(private readonly pool: WorkerPool) {}

  /** Streams the status of all workers, now and after each change. */
  @Sse()
  statuses(): Observable<MessageEvent> {
    const { workers } = this.pool;
    return merge(...workers.map(({ changed }) => changed)).pipe(
      startWith(undefined),
      map(() => ({ data: workers.map(({ status }) => status) })),
    );
  }

  /** Kills a worker in the middle of its jobs, to show that another worker continues with them. */
  @Post(':number/kill')
  @HttpCode(204)
  @UseGuards(SameOriginGuard)
  kill(@Param('number', ParseIntPipe) number: number): void {
    const worker = this.pool.workers.find((one) => one.number === number);
    if (!worker) {
      throw new NotFoundException(`There is no worker ${number}.`);
    }
    if (!worker.kill()) {
      throw new ConflictException(`Worker ${number} has no process of its own.`);
    }
  }
}
