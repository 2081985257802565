/** A zone of memory with its watermarks, in pages, as /proc/zoneinfo has it. */
export interface ZoneWatermarks {
  /** NUMA node. */
  node: number
  name: string
  freePages: number
  /** With `boostPages` in it (5.0+). */
  minPages: number
  /** kswapd is woken below this. */
  lowPages: number
  /** kswapd rests above this; the last attempt before the OOM killer asks for it. */
  highPages: number
  managedPages: number
  /** What the zone keeps from requests that may use a higher one, by that zone's index (lowmem_reserve). */
  protectionPages: readonly number[]
}

const HEAD = /^Node (\d{1,4}), zone +(\w{1,16})$/
const FIGURE = /^ +(?:pages )?(free|min|low|high|managed) +(\d{1,15})$/
const PROTECTION = /^ +protection: \((\d{1,15}(?:, \d{1,15})*)\)$/

/**
 * /proc/zoneinfo:
 *
 *     Node 0, zone   Normal
 *       pages free     208123
 *             boost    0
 *             min      11264
 *             low      14080
 *             high     16896
 *             managed  4079630
 *             protection: (0, 0, 0, 0)
 *
 * A zone without pages of its own is left out. Source: mm/vmstat.c, zoneinfo_show_print (6.18).
 */
export function parseZoneinfo(text: string): ZoneWatermarks[] {
  return text.split(/^(?=Node )/m).flatMap((section) => parseZone(section.split('\n')) ?? [])
}

function parseZone([head = '', ...lines]: readonly string[]): ZoneWatermarks | undefined {
  const [, node, name] = HEAD.exec(head) ?? []
  if (node === undefined || name === undefined) return undefined
  const figures = new Map<string, number>()
  let protectionPages: number[] = []
  for (const line of lines) {
    const protection = PROTECTION.exec(line)?.[1]
    if (protection !== undefined) protectionPages = protection.split(', ').map(Number)
    // The lists of each processor have a `high` too: what is first is the zone's.
    const [, key = '', digits] = FIGURE.exec(line) ?? []
    if (digits !== undefined && !figures.has(key)) figures.set(key, Number(digits))
  }
  const [freePages, minPages, lowPages, highPages, managedPages] = ['free', 'min', 'low', 'high', 'managed'].map(
    (key) => figures.get(key),
  )
  if (freePages === undefined || minPages === undefined || lowPages === undefined) return undefined
  if (highPages === undefined || managedPages === undefined || managedPages === 0) return undefined
  return { node: Number(node), name, freePages, minPages, lowPages, highPages, managedPages, protectionPages }
}
