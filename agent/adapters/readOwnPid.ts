import { readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** The agent's own process by the host's proc file system; undefined where that does not show it. */
export function readOwnPid(proc: string): number | undefined {
  try {
    return Number(readlinkSync(join(proc, 'self')))
  } catch {
    return undefined
  }
}
