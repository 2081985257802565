import { decodeKillEvent, encodeKillEvent } from '#contract/killEvent.ts'
import { withoutDetails } from '../event/build.ts'

/**
 * A kill in fewer bytes, for a server that does not take it whole: without the kernel's own lines, then without
 * anything but who died, when and where.
 * @returns undefined when there is nothing left to leave out
 */
export function shrinkKill(payload: Uint8Array): Uint8Array | undefined {
  const decoded = decodeKillEvent(payload)
  if (!decoded.ok) return undefined
  const { rawDump, ...rest } = decoded.event
  const less = rawDump === undefined ? withoutDetails(rest) : { ...rest, rawDumpTruncated: true }
  const shrunk = encodeKillEvent(less)
  return shrunk.length < payload.length ? shrunk : undefined
}
