import { Injectable } from '@nestjs/common';
import { JobContext, OnJob } from 'nestjs-reqrep';

@Injectable()
export class ReportsWorker {
  @OnJob('reports')
  render(data: { id: string }, job: JobContext) {
    return { text: `report ${data.id}, attempt ${job.attempt}` };
  }
}
