import { Injectable } from '@nestjs/common';
import { JobContext, OnJob } from 'nestjs-reqrep';
import type { Mail, SentMail } from './mails.service.js';

@Injectable()
export class MailsWorker {
  readonly sent: string[] = [];

  @OnJob('mails')
  async deliver({ to, after = 0 }: Mail, job: JobContext): Promise<SentMail> {
    if (after > 0) {
      await new Promise((resolve) => setTimeout(resolve, after));
    }
    this.sent.push(to);
    return { to, attempt: job.attempt };
  }
}
