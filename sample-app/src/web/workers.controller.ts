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

  /** What each worker does, now and whenever that changes. */
  @Sse()
  statuses(): Observable<MessageEvent> {
    const { workers } = this.pool;
    return merge(...workers.map(({ changed }) => changed)).pipe(
      startWith(undefined),
      map(() => ({ data: workers.map(({ status }) => status) })),
    );
  }

  /** Kills a worker in the middle of what it does, to show that its pictures go on in another one. */
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
