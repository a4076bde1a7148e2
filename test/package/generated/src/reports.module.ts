import { Module } from '@nestjs/common';
import { ReqRepModule } from 'nestjs-reqrep';
import { ReportsController } from './reports.controller.js';
import { ReportsWorker } from './reports.worker.js';

@Module({
  imports: [ReqRepModule.forRoot({ connection: process.env.REDIS_URL })],
  controllers: [ReportsController],
  providers: [ReportsWorker],
})
export class ReportsModule {}
