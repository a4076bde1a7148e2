interface LoadProps {
  readonly running: number;
  readonly concurrency: number | undefined;
}

/** How much of its `concurrency` a worker uses. */
export function Load({ running, concurrency }: LoadProps) {
  return (
    <span class="load">
      {concurrency !== undefined && (
        <meter min={0} max={concurrency} value={running} aria-hidden="true" />
      )}
      {running}
      {concurrency !== undefined && <span class="quiet"> of {concurrency}</span>}
    </span>
  );
}
