import { parseKillSubject } from '#contract/subjects.ts'
import type { SpooledKill } from './record.ts'

export interface SpooledLines {
  /** The kmsg sequence after the newest outcome of this boot in the spool; 0 without one. */
  through: number
  /** Sequences of the kill lines among them, in order. */
  lines: number[]
  /** How many kills without a line are among them. */
  recovered: number
}

/**
 * What an earlier agent of this boot has read and spooled: it counts as read after a crash, wherever the cursor stands.
 * Outcomes are spooled in the order of their lines, so everything up to the newest was.
 */
export function spooledLines(
  found: readonly Pick<SpooledKill, 'subject' | 'killLine'>[],
  bootId: string,
): SpooledLines {
  const kills = found.flatMap(({ subject, killLine }) => {
    const identity = parseKillSubject(subject)
    return identity?.bootId === bootId ? [{ ...identity, killLine }] : []
  })
  const ofBoot = kills.filter(({ recoveredAs }) => recoveredAs === undefined)
  const through = ofBoot.reduce((highest, { sequence }) => Math.max(highest, sequence + 1), 0)
  const recovered = kills.length - ofBoot.length
  return { through, recovered, lines: ofBoot.flatMap(({ sequence, killLine }) => (killLine ? [sequence] : [])) }
}
