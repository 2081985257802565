interface Named {
  pid: number
  command: string
}

/** Who goes, in the kernel's order: of this machine, or of a node as its ranking tells it. */
interface Kills {
  kills: readonly { victim: Named; others: readonly Named[] }[]
}

/** What another score would change for one process. */
export interface Difference {
  pid: number
  command: string
  /** Its place in the kernel's order, from 1; undefined: it lives. */
  before: number | undefined
  after: number | undefined
}

/** Who would die at another place, or no more, or instead; in the order of after, and those who live then at the end. */
export function compareKills(before: Kills, after: Kills): Difference[] {
  const [placesBefore, placesAfter] = [placesOf(before.kills), placesOf(after.kills)]
  return [...new Set([...placesAfter.keys(), ...placesBefore.keys()])].flatMap((pid) => {
    const [was, is] = [placesBefore.get(pid), placesAfter.get(pid)]
    if (was?.place === is?.place) return []
    return [{ pid, command: (is ?? was)?.command ?? '', before: was?.place, after: is?.place }]
  })
}

/** Of a group all have the place of its victim. */
function placesOf(kills: Kills['kills']): Map<number, { place: number; command: string }> {
  return new Map(
    kills.flatMap(({ victim, others }, at) =>
      [victim, ...others].map(({ pid, command }) => [pid, { place: at + 1, command }] as const),
    ),
  )
}
