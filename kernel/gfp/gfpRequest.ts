import type { OomTrigger } from '#kernel/dump/oomDump.ts'
import { decodeGfpMask, expandGfpNames } from './gfpFlags.ts'

export type ZoneName = 'DMA' | 'DMA32' | 'Normal' | 'HighMem' | 'Movable' | 'Device'

/** What an allocation's flags allow. */
export interface GfpRequest {
  names: readonly string[]
  /** Whether the kernel printed the names, or they are decoded for its era. */
  namedBy: 'kernel' | 'table'
  unknownBits?: string | undefined
  /** The highest zone it may use; HighMem means Normal on a 64-bit machine. */
  highestZone: ZoneName
  /** It may wait for memory to be reclaimed. */
  maySleep: boolean
  /** It comes from where nothing can wait. */
  atomic: boolean
  mayUseIo: boolean
  mayUseFilesystem: boolean
  /** Its pages can be moved, so that it may use the Movable zone and be compacted. */
  movable: boolean
  /** One NUMA node and no other. */
  thisNodeOnly: boolean
  /** Charged to the memory cgroup, as kernel memory. */
  accounted: boolean
}

/** @returns undefined where the header with its mask was not printed */
export function parseGfpRequest(trigger: OomTrigger | undefined, kernelRelease?: string): GfpRequest | undefined {
  const { gfpFlags, gfpMask } = trigger ?? {}
  const printed = gfpFlags !== undefined && gfpFlags.length > 0
  if (!printed && gfpMask === undefined) return undefined
  const { names, single, unknownBits } = printed
    ? expandGfpNames(gfpFlags)
    : decodeGfpMask(gfpMask ?? '', kernelRelease)
  const maySleep = single.has('__GFP_WAIT') || single.has('__GFP_DIRECT_RECLAIM')
  return {
    names,
    namedBy: printed ? 'kernel' : 'table',
    unknownBits,
    highestZone: highestZone(single),
    maySleep,
    atomic: !maySleep && single.has('__GFP_HIGH'),
    mayUseIo: single.has('__GFP_IO'),
    mayUseFilesystem: single.has('__GFP_FS'),
    movable: single.has('__GFP_MOVABLE'),
    thisNodeOnly: single.has('__GFP_THISNODE'),
    accounted: single.has('__GFP_ACCOUNT'),
  }
}

/** Source: include/linux/gfp.h, GFP_ZONE_TABLE. Without HIGHMEM, MOVABLE is but a hint where to place the page. */
function highestZone(single: ReadonlySet<string>): ZoneName {
  if (single.has('__GFP_DMA')) return 'DMA'
  if (single.has('__GFP_HIGHMEM')) return single.has('__GFP_MOVABLE') ? 'Movable' : 'HighMem'
  return single.has('__GFP_DMA32') ? 'DMA32' : 'Normal'
}
