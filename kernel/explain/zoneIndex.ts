import type { ZoneName } from '#kernel/gfp/gfpRequest.ts'
import type { Zone } from '#kernel/memory/zone.ts'

/** From the lowest. Source: include/linux/mmzone.h, enum zone_type. */
const ZONES: readonly ZoneName[] = ['DMA', 'DMA32', 'Normal', 'HighMem', 'Movable', 'Device']

export function isAbove(zone: ZoneName, other: ZoneName): boolean {
  return ZONES.indexOf(zone) > ZONES.indexOf(other)
}

/** The highest zone a request may use on this machine: without HighMem (64 bit) those requests go to Normal. */
export function highestUsable(zones: readonly Zone[], asked: ZoneName): ZoneName {
  return asked === 'HighMem' && !zones.some(({ name }) => name === 'HighMem') ? 'Normal' : asked
}

/**
 * Where a zone stands in lowmem_reserve[]. Which zones a kernel was built with is not printed, and empty ones are left
 * out; but a zone keeps nothing from itself and the empty ones above it, so the first number of its list that is not 0
 * belongs to the next zone of its node. A zone that is not there at all comes after the highest below it: its number is
 * that of the zone before, or 0 (6.9 to 6.13). Source: mm/page_alloc.c, setup_per_zone_lowmem_reserve, gfp_zone.
 */
export function reserveIndex(zones: readonly Zone[], zone: ZoneName): number {
  const length = zones.reduce((most, { lowmemReservePages }) => Math.max(most, lowmemReservePages?.length ?? 0), 1)
  const seen = ZONES.filter((name) => zones.some((one) => one.name === name))
  if (seen.includes(zone)) return Math.min(indexOfSeen(zones, zone, seen), length - 1)
  const below = seen.findLast((name) => isAbove(zone, name))
  return below === undefined ? 0 : Math.min(indexOfSeen(zones, below, seen) + 1, length - 1)
}

function indexOfSeen(zones: readonly Zone[], name: ZoneName, seen: readonly ZoneName[]): number {
  const lowerByNode = new Map<number, Zone>()
  for (const zone of zones) {
    const lower = lowerByNode.get(zone.node)
    lowerByNode.set(zone.node, zone)
    if (zone.name !== name || lower === undefined || !isAbove(name, lower.name)) continue
    const first = lower.lowmemReservePages?.findIndex((pages) => pages > 0) ?? -1
    if (first > 0) return first
  }
  // Nothing is kept from it, and any place will do; 32-bit kernels with HighMem have no DMA32.
  const built = ZONES.filter((one) => seen.includes(one) || (one === 'DMA32' && !seen.includes('HighMem')))
  return built.includes('DMA') || name === 'DMA' ? built.indexOf(name) : built.indexOf(name) + 1
}
