import type { Meminfo } from '../proc/meminfo.ts'
import type { Pressure } from '../proc/pressure.ts'

/** How near a kill seems: `high` when all tasks waited for memory at times, or the kernel has just killed; `some` for less. */
export type MemoryTrouble = 'calm' | 'some' | 'high'

/** How often processes are scanned, and what part of a core the scans may take. */
export const SCAN_PACE = {
  calm: { everyMs: 30_000, share: 0.001, atMostMs: 300_000 },
  some: { everyMs: 2_000, share: 0.02, atMostMs: 60_000 },
  high: { everyMs: 1_000, share: 0.02, atMostMs: 60_000 },
} as const

/** Tasks waited for memory for this part of the time, some of them or all. */
const SOME_SHARE = 0.01
const FULL_SHARE = 0.01
/** Where PSI is off: so much of the memory can still be had. */
const SCARCE_SHARE = 0.1
const VERY_SCARCE_SHARE = 0.03
/** Kills come in series: so long after one another is likely, and may still come. */
const LIKELY_FOR_MS = 10_000
const MAY_COME_FOR_MS = 30_000

/** What there is to judge by, now and a moment ago. */
export interface TroubleSigns {
  pressure: Pressure | undefined
  pressureBefore: Pressure | undefined
  /** Between the two. */
  elapsedMs: number
  /** Asked for only where PSI tells nothing. */
  meminfo: Meminfo | undefined
  /** Since the last kill line; infinite if there was none. */
  sinceKillMs: number
}

export function resolveTrouble(signs: TroubleSigns): MemoryTrouble {
  if (signs.sinceKillMs < LIKELY_FOR_MS) return 'high'
  const trouble = troubleNow(signs)
  return trouble === 'calm' && signs.sinceKillMs < MAY_COME_FOR_MS ? 'some' : trouble
}

function troubleNow({ pressure, pressureBefore, elapsedMs, meminfo }: TroubleSigns): MemoryTrouble {
  if (pressure === undefined) return troubleOf(meminfo)
  // The sums, not the averages: those are of 10 s and lag.
  if (pressureBefore === undefined || elapsedMs <= 0) return 'calm'
  const share = (kind: 'some' | 'full') =>
    (pressure[kind].totalUsec - pressureBefore[kind].totalUsec) / (elapsedMs * 1000)
  if (share('full') >= FULL_SHARE) return 'high'
  return share('some') >= SOME_SHARE ? 'some' : 'calm'
}

function troubleOf({ memTotalKib, memAvailableKib }: Meminfo = {}): MemoryTrouble {
  if (memTotalKib === undefined || memAvailableKib === undefined) return 'calm'
  const share = memAvailableKib / memTotalKib
  if (share < VERY_SCARCE_SHARE) return 'high'
  return share < SCARCE_SHARE ? 'some' : 'calm'
}

/**
 * How long to rest after a scan: the pace of the trouble there is, and longer where that would take more than its share
 * of a core, so that scans slow down with the machine that they are slow on.
 * @param busyMs what the last scan took
 */
export function planRestMs(trouble: MemoryTrouble, busyMs: number): number {
  const { everyMs, share, atMostMs } = SCAN_PACE[trouble]
  return Math.min(atMostMs, Math.max(everyMs, busyMs / share))
}
