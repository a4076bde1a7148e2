import { createHash } from 'node:crypto';
import type { DashboardCall } from './dashboard-call.js';
import { HttpRefusal } from './http-refusal.js';
import { PAGE_FILES } from './page-files.js';
import { sendText, setHead } from './send.js';

const FILES = new Map(
  Object.entries(PAGE_FILES).map(([path, { type, text }]) => {
    const digest = createHash('sha256').update(text).digest('base64url');
    return [path === 'index.html' ? '' : path, { type, text, tag: `"${digest}"` }] as const;
  }),
);

/** Answers with a file of the page. @throws HttpRefusal where there is none. */
export function sendFile({ request, response, path = '' }: DashboardCall): void {
  const file = FILES.get(path);
  if (!file) {
    throw new HttpRefusal(404, 'The dashboard has no such file. Its page is at the path itself.');
  }
  const headers = { ETag: file.tag, 'Cache-Control': 'no-cache' };
  const known = request.headers['if-none-match'] ?? '';
  // A proxy that compresses makes the tag a weak one.
  if (known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === file.tag)) {
    setHead(response, 304, headers);
    response.end();
    return;
  }
  sendText(response, 200, file.text, { ...headers, 'Content-Type': file.type });
}
