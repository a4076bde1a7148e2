import { visibleText } from '../format/visible-text.js';

/** The headers of a job; nothing where there are none. */
export function HeadersView({ headers }: { readonly headers: Readonly<Record<string, string>> }) {
  const entries = Object.entries(headers);
  return entries.length === 0 ? null : (
    <dl class="headers">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>
            <bdi>{visibleText(name)}</bdi>
          </dt>
          <dd>
            <bdi>{visibleText(value)}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}
