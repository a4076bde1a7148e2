import { useMemo, useState } from 'preact/hooks';
import type { TextView } from '../../dashboard-api.js';
import { indentedJson } from '../format/indented-json.js';
import { bytesText } from '../format/numbers.js';
import { visibleText } from '../format/visible-text.js';
import { useNotice } from './notices.js';

interface DataViewProps {
  readonly view: TextView;
  /** Loads more of the text. */
  readonly load: () => Promise<TextView>;
}

/** The data of a job, laid out; of a long one its beginning, until somebody asks for more. */
export function DataView({ view, load }: DataViewProps) {
  const [loaded, setLoaded] = useState<TextView>();
  const notice = useNotice();
  const { text, bytes, isCut } = loaded ?? view;
  // The page is drawn anew with each look.
  const shown = useMemo(() => visibleText(indentedJson(text)), [text]);
  const loadMore = async (): Promise<void> => {
    try {
      setLoaded(await load());
    } catch (error) {
      notice.failed(error);
    }
  };
  return (
    <div class="data">
      <pre tabIndex={0} dir="ltr" aria-label="Data">
        {shown}
        {isCut && <span class="cut"> …</span>}
      </pre>
      {isCut && (
        <p class="quiet">
          The beginning of {bytesText(bytes)}.{' '}
          {loaded === undefined && (
            <button type="button" class="link" onClick={() => void loadMore()}>
              Show more
            </button>
          )}
        </p>
      )}
    </div>
  );
}
