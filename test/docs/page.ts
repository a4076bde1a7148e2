import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../../docs/troubleshooting.md', import.meta.url);

/** A heading of the third level, what is said below it, and the first block of text there. */
const SECTION = /^### (.+)\n([^]*?)^```text\n([^]*?)^```$/gm;

/** `docs/troubleshooting.md`: each message under a heading of its own. */
export class TroubleshootingPage {
  private text = readFileSync(FILE, 'utf8');

  /** What the page says is printed, by heading. */
  get messages(): ReadonlyMap<string, string> {
    return new Map(
      [...this.text.matchAll(SECTION)].map(([, title = '', , block = '']) => [title, block]),
    );
  }

  get titles(): string[] {
    return [...this.text.matchAll(/^### (.+)$/gm)].map(([, title = '']) => title);
  }

  /** Puts into the page what is printed now. */
  update(messages: ReadonlyMap<string, string>): void {
    this.text = this.text.replace(SECTION, (section: string, title: string, prose: string) =>
      messages.has(title)
        ? `### ${title}\n${prose}\`\`\`text\n${messages.get(title)}\`\`\``
        : section,
    );
    writeFileSync(FILE, this.text);
  }
}

/** What differs from one run to the next, as the page writes it. */
export function asOnPage(lines: readonly string[], port: number): string {
  const text = lines
    .join('\n')
    .replaceAll(String(port), '6379')
    .replaceAll(/replies:[\w-]{12}/g, 'replies:kX3v9Qw2Lm0a')
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'f77b3c1e-5d0a-4b7e-9c55-0d6f1f8e2a41')
    .replaceAll(/\b(job|Job) "?[\w-]{10,}"?/g, '$1 kX3v9Qw2Lm0a')
    .replaceAll(/(127\.0\.0\.1|localhost):(?!6379)\d{4,5}/g, '$1:8080');
  return `${text}\n`;
}
