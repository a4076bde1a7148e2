import type { QueueAdmin } from '../../admin/queue-admin.js';
import { messageOf, stackOf } from '../../errors/error-text.js';
import { aName } from '../../options/option-rules.js';
import { LIBRARY_VERSION } from '../../protocol/library-version.js';
import type { LogSink } from '../../telemetry/log.js';
import type { DashboardSettings } from '../dashboard-api.js';
import { COMMANDS } from './commands.js';
import { pathOf, queryOf, type DashboardCall } from './dashboard-call.js';
import { EventReader } from './event-reader.js';
import { failedAnswer } from './failed-answer.js';
import { HttpRefusal } from './http-refusal.js';
import { LiveLooks } from './live-looks.js';
import { sendFile } from './page-server.js';
import { readBody } from './read-body.js';
import { READS } from './reads.js';
import { refuseOtherOrigins } from './same-origin.js';
import { sendJson, sendText } from './send.js';

/** What a dashboard needs. */
export interface DashboardParts {
  readonly admin: QueueAdmin;
  /** Whether it refuses all commands. */
  readonly readOnly: boolean;
  readonly log: Pick<LogSink, 'error'>;
}

/** The server of the dashboard, for any server of HTTP. */
export class Dashboard {
  private readonly looks: LiveLooks;

  constructor(private readonly parts: DashboardParts) {
    this.looks = new LiveLooks(parts.admin, (error) => this.explain(error).trouble);
  }

  /** Answers a request. Never rejects. The answer of `api/events` goes on until the page is gone. */
  async answer(call: DashboardCall): Promise<void> {
    try {
      await this.route(call);
    } catch (error) {
      const { status, trouble } = this.explain(error);
      if (call.response.headersSent) {
        call.response.destroy();
        return;
      }
      const headers = error instanceof HttpRefusal ? error.headers : {};
      sendJson(call.response, status, trouble, headers);
    }
  }

  /** Ends the streams of all pages. */
  close(): void {
    this.looks.close();
  }

  private async route(call: DashboardCall): Promise<void> {
    const { path } = call;
    if (path?.startsWith('api/')) {
      await this.answerApi(call, path.slice('api/'.length));
      return;
    }
    allow(call, 'GET');
    if (path === undefined) {
      redirectToPage(call);
    } else {
      sendFile(call);
    }
  }

  private async answerApi(call: DashboardCall, name: string): Promise<void> {
    const { admin, readOnly } = this.parts;
    const { request, response } = call;
    const command = COMMANDS.get(name);
    const read = READS.get(name);
    if (command) {
      allow(call, 'POST');
      refuseOtherOrigins(request);
      if (readOnly) {
        throw new HttpRefusal(403, 'The dashboard is read-only: it changes nothing');
      }
      sendJson(response, 200, await command(admin, await readBody(call)));
      return;
    }
    if (!read && name !== 'settings' && name !== 'events') {
      throw new HttpRefusal(404, 'The dashboard has no such call. Reload its page.');
    }
    allow(call, 'GET');
    refuseOtherOrigins(request);
    if (read) {
      sendJson(response, 200, await read(admin, queryOf(call)));
    } else if (name === 'settings') {
      const settings: DashboardSettings = { readOnly, version: LIBRARY_VERSION };
      sendJson(response, 200, settings);
    } else {
      this.answerEvents(call);
    }
  }

  private answerEvents(call: DashboardCall): void {
    const query = queryOf(call);
    const queue = query.get('queue') ?? undefined;
    if (queue !== undefined && !aName.accepts(queue)) {
      throw new HttpRefusal(400, 'Expected `queue` in the query to be the name of a queue');
    }
    if (this.looks.isFull) {
      throw new HttpRefusal(503, 'Too many pages of the dashboard are open: close some');
    }
    const reader = new EventReader(call.response);
    if (call.request.method === 'HEAD') {
      reader.end();
    } else {
      this.looks.show(reader, { queue, workers: query.has('workers') });
    }
  }

  private explain(error: unknown) {
    const answer = failedAnswer(error);
    if (answer.isUnexpected) {
      this.parts.log.error(`The dashboard failed: ${messageOf(error)}`, stackOf(error));
    }
    return answer;
  }
}

/** @throws HttpRefusal for another method. */
function allow({ request: { method } }: DashboardCall, allowed: 'GET' | 'POST'): void {
  if (method !== allowed && !(allowed === 'GET' && method === 'HEAD')) {
    const Allow = allowed === 'GET' ? 'GET, HEAD' : allowed;
    throw new HttpRefusal(405, `Expected the method ${allowed}`, { Allow });
  }
}

/** Adds the slash behind the path, against which the page resolves its files. Relative, since a proxy may have cut the path in front. */
function redirectToPage({ response, url }: DashboardCall): void {
  const path = pathOf(url);
  const last = path.slice(path.lastIndexOf('/') + 1);
  const Location = `./${last}/${url.slice(path.length)}`;
  sendText(response, 302, '', { Location, 'Cache-Control': 'no-store' });
}
