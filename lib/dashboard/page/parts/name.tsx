import { visibleText } from '../format/visible-text.js';

/** A name that anybody may have chosen: it cannot change the direction of what follows. */
export function Name({ text }: { readonly text: string }) {
  return <bdi class="name">{visibleText(text) || '(empty)'}</bdi>;
}
