import { exactInteger } from '#kernel/dump/number.ts'
import type { ZoneName } from '#kernel/gfp/gfpRequest.ts'
import { readFigures } from './figures.ts'
import type { BuddyList } from './buddyList.ts'

/** Printed name → field. */
const FIELDS = {
  free: 'freeKib',
  boost: 'boostKib',
  min: 'minKib',
  low: 'lowKib',
  high: 'highKib',
  reserved_highatomic: 'reservedHighatomicKib',
  free_highatomic: 'freeHighatomicKib',
  active_anon: 'activeAnonKib',
  inactive_anon: 'inactiveAnonKib',
  active_file: 'activeFileKib',
  inactive_file: 'inactiveFileKib',
  'isolated(anon)': 'isolatedAnonKib',
  'isolated(file)': 'isolatedFileKib',
  unevictable: 'unevictableKib',
  present: 'presentKib',
  managed: 'managedKib',
  mlocked: 'mlockedKib',
  bounce: 'bounceKib',
  free_pcp: 'freePcpKib',
  local_pcp: 'localPcpKib',
  free_cma: 'freeCmaKib',
  shmem: 'shmemKib',
  slab_reclaimable: 'slabReclaimableKib',
  slab_unreclaimable: 'slabUnreclaimableKib',
  kernel_stack: 'kernelStackKib',
  pagetables: 'pagetablesKib',
} as const

/** A zone as printed. `min` has `boost` in it already. Source: mm/show_mem.c, show_free_areas. */
export interface Zone extends ZoneFigures {
  node: number
  name: ZoneName
  /** Kept from requests that may use a higher zone, in pages, by that zone's index. */
  lowmemReservePages?: readonly number[] | undefined
  buddy?: BuddyList | undefined
  /** Reclaim had given the zone up (to 4.7). */
  allUnreclaimable?: boolean | undefined
}

type ZoneFigures = { [Field in (typeof FIELDS)[keyof typeof FIELDS]]?: number }

/** Without NUMA no node is printed: it is node 0. */
const ZONE_LINE = /^(?:Node (\d+) )?(DMA|DMA32|Normal|HighMem|Movable|Device) free:/

/** `Node 0 Normal free:36200kB min:43192kB …`; undefined for any other line. */
export function parseZoneLine(line: string): Zone | undefined {
  const match = ZONE_LINE.exec(line)
  const node = exactInteger(match?.[1] ?? '0')
  if (match === null || node === undefined) return undefined
  const zone: Zone = { node, name: match[2] as ZoneName }
  for (const [name, value] of readFigures(line.slice(match[0].length - 'free:'.length), 'kB')) {
    if (name in FIELDS) zone[FIELDS[name as keyof typeof FIELDS]] = value
  }
  const given = / all_unreclaimable\? (yes|no)/.exec(line)?.[1]
  if (given !== undefined) zone.allUnreclaimable = given === 'yes'
  return zone
}

/** `lowmem_reserve[]: 0 2801 7792 7792`, the line after its zone's. */
export function parseLowmemReserve(line: string): number[] | undefined {
  const match = /^lowmem_reserve\[\]:((?: \d+)+)\s*$/.exec(line)
  return match?.[1]
    ?.trim()
    .split(' ')
    .map((digits) => exactInteger(digits) ?? 0)
}
