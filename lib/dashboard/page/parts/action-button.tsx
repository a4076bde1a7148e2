import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useNotice } from './notices.js';

interface ActionButtonProps {
  readonly children: ComponentChildren;
  /** What to ask before; without it the action begins at once. */
  readonly question?: string | undefined;
  /** The word for yes, such as `Remove`. */
  readonly answer?: string | undefined;
  readonly isDangerous?: boolean | undefined;
  readonly isDisabled?: boolean | undefined;
  /** @returns what was done, in words. */
  readonly act: () => Promise<string>;
}

/** A button for something that the server does: asks where that cannot be undone, waits, and says what came of it. */
export function ActionButton(props: ActionButtonProps) {
  const { children, question, answer, isDangerous = false, isDisabled = false, act } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [isBusy, setIsBusy] = useState(false);
  const notice = useNotice();
  const begin = async (): Promise<void> => {
    dialog.current?.close();
    setIsBusy(true);
    try {
      notice.done(await act());
    } catch (error) {
      notice.failed(error);
    } finally {
      setIsBusy(false);
    }
  };
  const press = (): void => {
    // A button that is disabled meanwhile would lose the focus.
    if (isBusy || isDisabled) {
      return;
    }
    if (question === undefined) {
      void begin();
    } else {
      dialog.current?.showModal();
    }
  };
  const className = isDangerous ? 'button danger' : 'button';
  return (
    <>
      <button
        type="button"
        class={className}
        aria-disabled={isDisabled}
        aria-busy={isBusy}
        onClick={press}
      >
        {children}
      </button>
      {question !== undefined && (
        <dialog ref={dialog} aria-label={question}>
          <p>{question}</p>
          <div class="buttons">
            <button type="button" class="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
            <button type="button" class={className} onClick={() => void begin()}>
              {answer}
            </button>
          </div>
        </dialog>
      )}
    </>
  );
}
