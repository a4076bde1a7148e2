/** What a requester saw of one round. */
export interface LoadResult {
  /** Requests that were answered, or values that came. */
  readonly count: number;
  /** From the first request, or where the beginning was another's the first answer, to the last answer, ms. */
  readonly elapsed: number;
  /** From a request to its answer, ms; missing where that is not the point. */
  readonly latency?: { readonly p50: number; readonly p99: number };
}

export function percentiles(latencies: readonly number[]): LoadResult['latency'] {
  const sorted = Float64Array.from(latencies).toSorted();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
