import type { ComponentChildren } from 'preact';

interface FigureProps {
  readonly name: string;
  /** A text, or a link. */
  readonly value: ComponentChildren;
  readonly isBad?: boolean | undefined;
}

/** A figure that one should see at a glance, in a `dl`. */
export function Figure({ name, value, isBad = false }: FigureProps) {
  return (
    <div class={isBad ? 'figure bad' : 'figure'}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
