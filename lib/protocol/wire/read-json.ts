/** @returns the value of a JSON text; `undefined`, which no JSON text has, for any other. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
