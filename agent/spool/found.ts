import { parseKillSubject } from '#contract/subjects.ts'
import type { SpooledKill } from './record.ts'

/** What is remembered of a kill that was found in the spool. */
export type FoundKill = Pick<SpooledKill, 'subject' | 'killLine' | 'cgroupPath'>

/** A kill line, and the cgroup that has counted it where somebody could be named. */
export interface SpooledLine {
  sequence: number
  cgroupPath: string | undefined
}

export interface SpooledKills {
  /** The kmsg sequence after the newest outcome of this boot in the spool; 0 without one. */
  through: number
  /** The kill lines among them, in order. */
  lines: SpooledLine[]
  /** Kills without a line, by the cgroup that has counted them, and which one of its kills each is. */
  recovered: { cgroupPath: string | undefined; count: number }[]
}

/**
 * What an earlier agent of this boot has read and spooled: it counts as read after a crash, wherever the cursor stands.
 * Outcomes are spooled in the order of their lines, so everything up to the newest was.
 */
export function spooledKills(found: readonly FoundKill[], bootId: string): SpooledKills {
  const kills: SpooledKills = { through: 0, lines: [], recovered: [] }
  for (const { subject, killLine, cgroupPath } of found) {
    const identity = parseKillSubject(subject)
    if (identity?.bootId !== bootId) continue
    const { sequence, recoveredAs } = identity
    if (recoveredAs !== undefined) {
      kills.recovered.push({ cgroupPath, count: Number(recoveredAs.split('-').at(-1)) })
      continue
    }
    kills.through = Math.max(kills.through, sequence + 1)
    if (killLine) kills.lines.push({ sequence, cgroupPath })
  }
  return kills
}
