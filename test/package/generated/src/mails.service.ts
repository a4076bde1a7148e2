import { Injectable } from '@nestjs/common';
import { RequestClient } from 'nestjs-reqrep';
import { firstValueFrom } from 'rxjs';

export interface Mail {
  to: string;
  /** How long it is held back, ms. */
  after?: number;
}

export interface SentMail {
  to: string;
  attempt: number;
}

@Injectable()
export class MailsService {
  constructor(private readonly requests: RequestClient) {}

  send(mail: Mail): Promise<SentMail> {
    return firstValueFrom(this.requests.send<SentMail>('mails', mail, { timeout: 30_000 }));
  }

  sendToAll(addresses: string[]): void {
    for (const to of addresses) {
      this.requests.emit('mails', { to });
    }
  }
}
