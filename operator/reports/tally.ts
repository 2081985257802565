import { MAX_NAMED_COMMANDS, OTHER_COMMANDS, UNKNOWN_COMMAND } from '../api/killRecord.ts'

/** Adds one to each key's count. */
export function tally(counts: Readonly<Record<string, number>>, keys: readonly string[]): Record<string, number> {
  const sums = new Map(Object.entries(counts))
  for (const key of keys) sums.set(key, (sums.get(key) ?? 0) + 1)
  return Object.fromEntries(sums)
}

/**
 * Keeps the largest counts under their own names and adds up the rest under `other`; the total stays exact. A name
 * that was folded starts anew when it comes back, so a named count is a least count.
 */
export function foldSmallest(
  counts: Readonly<Record<string, number>>,
  maxNamed: number,
  other: string,
): Record<string, number> {
  const named = Object.entries(counts).filter(([name]) => name !== other)
  if (named.length <= maxNamed) return { ...counts }
  named.sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
  const rest = named.slice(maxNamed).reduce((sum, [, count]) => sum + count, counts[other] ?? 0)
  return { ...Object.fromEntries(named.slice(0, maxNamed)), [other]: rest }
}

/** Counts that add up to a whole: what is missing is under `rest`, and all of it where they say more than there is. */
export function fillUp(
  counts: Readonly<Record<string, number>>,
  whole: number,
  rest: string,
): Readonly<Record<string, number>> {
  const missing = whole - Object.values(counts).reduce((sum, count) => sum + count, 0)
  if (missing === 0) return counts
  return missing > 0 ? { ...counts, [rest]: (counts[rest] ?? 0) + missing } : whole === 0 ? {} : { [rest]: whole }
}

/** Of those that are known. */
export function largestOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

/** Victims by command. The one name that a JSON object cannot be trusted with is counted with the others. */
export function tallyCommands(
  stored: Readonly<Record<string, number>>,
  kills: readonly { victimCommand?: string | undefined }[],
): Record<string, number> {
  const commands = kills.map(({ victimCommand }) =>
    victimCommand === '__proto__' ? OTHER_COMMANDS : victimCommand || UNKNOWN_COMMAND,
  )
  return foldSmallest(tally(stored, commands), MAX_NAMED_COMMANDS, OTHER_COMMANDS)
}
