/** The value that so many per cent of the samples do not exceed (nearest rank). */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length))
  const value = sorted[rank - 1]
  if (value === undefined) throw new Error('expected samples, got none')
  return value
}

export function summarize(samples: readonly number[], unit: string): string {
  const [p50, p90, p99] = [50, 90, 99].map((percent) => percentile(samples, percent).toFixed(1))
  return `p50 ${p50} ${unit}, p90 ${p90} ${unit}, p99 ${p99} ${unit} (n = ${samples.length})`
}
