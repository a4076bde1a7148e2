/** Characters that a browser does not show, or that turn around what follows. */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- they are what has to be found
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]/gu;

/** Shows what anybody may have written: invisible characters and those that change the direction of a text become escapes. */
export const visibleText = (text: string): string =>
  text.replaceAll(
    INVISIBLE,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
