import { keyText, type ReportKey } from './reportStore.ts'

/**
 * Cuts a batch, in order, so that no report gains more kills between two checkpoints than it keeps in full: then
 * every kill that is counted but not yet below the checkpoint can be found again in its report, whatever happens.
 */
export function planSlices<T extends { key: ReportKey | undefined }>(batch: readonly T[], maxPerReport: number): T[][] {
  const slices: T[][] = []
  let slice: T[] = []
  let gains = new Map<string, number>()
  for (const item of batch) {
    const key = item.key === undefined ? undefined : keyText(item.key)
    if (key !== undefined && (gains.get(key) ?? 0) >= maxPerReport) {
      slices.push(slice)
      slice = []
      gains = new Map()
    }
    slice.push(item)
    if (key !== undefined) gains.set(key, (gains.get(key) ?? 0) + 1)
  }
  if (slice.length > 0) slices.push(slice)
  return slices
}
