import { MAX_UNSETTLED, type Watermark } from '../api/killRecord.ts'

/** Tells whether a report with this watermark has counted a place of the stream, or knows it to be counted elsewhere. */
export function countedBy(watermark: Watermark | undefined, stream: string): (sequence: number) => boolean {
  if (watermark?.stream !== stream) return () => false
  const floor = floorOf(watermark)
  const unsettled = new Set(unsettledOf(watermark))
  return (sequence) => sequence <= floor || unsettled.has(sequence)
}

/** Whether the operator can have written a watermark; one that an editor put beyond the stream's end would keep kills from being counted. */
export function isPossible(watermark: Watermark, at: { stream: string; streamEnd: number }): boolean {
  if (watermark.stream !== at.stream) return true
  const { sequence, settled = 0 } = watermark
  return Math.max(sequence, settled, unsettledOf(watermark).at(-1) ?? 0) <= at.streamEnd
}

/** The sequences above the checkpoint of its time that a report has counted, ascending. */
export function unsettledOf({ settled = 0, unsettled = '' }: Watermark): number[] {
  let sequence = settled
  return unsettled
    .split(' ')
    .filter((distance) => /^\d{1,16}$/.test(distance))
    .map((distance) => (sequence += Number(distance)))
}

/**
 * The watermark after more kills are counted: what the checkpoint has passed is forgotten, the rest stays a list, so
 * that kills may be counted in any order and a report can always say which are its own.
 * @param sequences None that is counted.
 * @returns how many of them there is room for.
 */
export function advance(
  before: Watermark | undefined,
  at: { stream: string; settled: number },
  sequences: readonly number[],
): { watermark: Watermark; taken: number } {
  const same = before?.stream === at.stream ? before : undefined
  const settled = Math.max(at.settled, same?.settled ?? 0)
  const kept = same === undefined ? [] : unsettledOf(same).filter((sequence) => sequence > settled)
  const taken = Math.max(0, Math.min(sequences.length, MAX_UNSETTLED - kept.length))
  // Nothing new: nothing to write.
  if (taken === 0 && before !== undefined) return { watermark: before, taken }
  const counted = [...kept, ...sequences.slice(0, taken)].toSorted((a, b) => a - b)
  const distances = counted.map((sequence, index) => sequence - (counted[index - 1] ?? settled))
  const watermark = {
    stream: at.stream,
    sequence: Math.max(same?.sequence ?? 0, counted.at(-1) ?? 0),
    settled,
    unsettled: distances.join(' '),
  }
  return { watermark, taken }
}

/** One without a list, of before there was one, has counted everything up to its sequence. */
function floorOf({ settled, sequence }: Watermark): number {
  return settled ?? sequence
}
