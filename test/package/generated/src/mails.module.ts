import { Module } from '@nestjs/common';
import { ReqRepModule } from 'nestjs-reqrep';
import { MailsService } from './mails.service.js';
import { MailsWorker } from './mails.worker.js';

@Module({
  imports: [ReqRepModule.forRoot({ connection: 'redis://no-such-host' })],
  providers: [MailsService, MailsWorker],
})
export class MailsModule {}
