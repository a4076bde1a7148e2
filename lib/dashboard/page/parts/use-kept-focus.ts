import { useEffect } from 'preact/hooks';

const CONTROLS = 'summary, a[href], button, input';

/**
 * Keeps the focus near where it was when what had it is removed, such as the row of a job that a worker takes. Else whoever uses the
 * keyboard begins anew at the top of the page.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let focused: EventTarget | null = null;
    const remember = ({ target }: FocusEvent): void => void (focused = target);
    // Leaves the focus alone where the user has left the control. An element that is removed is not connected any more.
    const forget = ({ target, relatedTarget }: FocusEvent): void =>
      queueMicrotask(() => {
        if (relatedTarget === null && target instanceof Node && target.isConnected) {
          focused = null;
        }
      });
    const observer = new MutationObserver((records) => {
      if (!(focused instanceof Node) || focused.isConnected) {
        return;
      }
      const lost = focused;
      focused = null;
      if (document.activeElement === document.body) {
        const record = records.find(({ removedNodes }) =>
          [...removedNodes].some((node) => node.contains(lost)),
        );
        (controlBeside(record) ?? document.getElementById('main'))?.focus();
      }
    });
    document.addEventListener('focusin', remember);
    document.addEventListener('focusout', forget);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      observer.disconnect();
      document.removeEventListener('focusin', remember);
      document.removeEventListener('focusout', forget);
    };
  }, []);
}

/** @returns the first control of what followed that which was removed, or of what was in front. */
function controlBeside(record: MutationRecord | undefined): HTMLElement | undefined {
  for (const node of [record?.nextSibling, record?.previousSibling]) {
    const control = node instanceof Element && node.isConnected && node.querySelector(CONTROLS);
    if (control instanceof HTMLElement) {
      return control;
    }
  }
  return undefined;
}
