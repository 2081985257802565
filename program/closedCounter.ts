import { Counter, type Registry } from 'prom-client'

/** Label → the values that it may take. */
export type ClosedLabels = Readonly<Record<string, readonly string[]>>

export interface ClosedCounter<L extends ClosedLabels> {
  inc(labels: { [Name in keyof L]: L[Name][number] }, by?: number): void
}

export interface ClosedCounterConfig {
  name: string
  help: string
  registers: Registry[]
  /** Every series is there from the start, so that the first count is an increase: for what an alert looks at. */
  isShownAtZero?: boolean
}

/** A counter whose labels take the values of closed lists and no others, as the compiler sees to: no input makes another series. */
export function closedCounter<const L extends ClosedLabels>(
  { isShownAtZero = false, ...config }: ClosedCounterConfig,
  labels: L,
): ClosedCounter<L> {
  const counter = new Counter({ ...config, labelNames: Object.keys(labels) })
  if (isShownAtZero) for (const series of seriesOf(labels)) counter.inc(series, 0)
  return counter
}

/** Every combination of the labels' values. */
function seriesOf(labels: ClosedLabels): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (series, [name, values]) => series.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  )
}
