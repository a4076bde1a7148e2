import { useEffect, useState } from 'preact/hooks';

/** Closes the stream of a page that nobody sees, since a browser opens few connections to a host. */
const HIDDEN_MS = 30_000;

/** Whether somebody sees the page, or did a moment ago. A page that opens behind another one is not seen. */
export function useIsSeen(): boolean {
  const [isSeen, setIsSeen] = useState(!document.hidden);
  useEffect(() => {
    let timer: number | undefined;
    const follow = (): void => {
      clearTimeout(timer);
      if (document.hidden) {
        timer = setTimeout(() => setIsSeen(false), HIDDEN_MS);
      } else {
        setIsSeen(true);
      }
    };
    document.addEventListener('visibilitychange', follow);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', follow);
    };
  }, []);
  return isSeen;
}
