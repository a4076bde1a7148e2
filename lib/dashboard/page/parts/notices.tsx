import { createContext, type ComponentChildren } from 'preact';
import { useContext, useMemo, useRef, useState } from 'preact/hooks';

const SHOWN_MS = 8_000;

interface Notice {
  /** Says what was done. */
  done(text: string): void;
  /** Says why something was not done. */
  failed(error: unknown): void;
}

const NoticeContext = createContext<Notice>({ done: () => {}, failed: () => {} });

/** @returns what tells the user about the outcome of a click. */
export const useNotice = (): Notice => useContext(NoticeContext);

/** Shows one notice for some seconds, and reads it out. */
export function Notices({ children }: { readonly children: ComponentChildren }) {
  const [shown, setShown] = useState<{ readonly text: string; readonly isBad: boolean }>();
  const timer = useRef<number | undefined>(undefined);
  const notice = useMemo<Notice>(() => {
    const show = (text: string, isBad: boolean): void => {
      clearTimeout(timer.current);
      setShown({ text, isBad });
      timer.current = setTimeout(() => setShown(undefined), SHOWN_MS);
    };
    return {
      done: (text) => show(text, false),
      failed: (error) => show(error instanceof Error ? error.message : String(error), true),
    };
  }, []);
  return (
    <NoticeContext.Provider value={notice}>
      {children}
      <div class="notices" role="status">
        {shown && <p class={shown.isBad ? 'notice bad' : 'notice'}>{shown.text}</p>}
      </div>
    </NoticeContext.Provider>
  );
}
