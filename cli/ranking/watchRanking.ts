import { EXIT, isProgramError, messageOf } from '#program/errors.ts'
import type { ShownRanking } from './shownRanking.ts'

export interface WatchPorts {
  /** @param trouble why there is no newer one */
  show: (ranking: ShownRanking, trouble: string | undefined) => void
  /** @returns false when it was interrupted */
  sleep: (ms: number) => Promise<boolean>
  isInterrupted: () => boolean
}

/**
 * Looks again and again, until it is interrupted. What is there at first may go and come back, a container that starts
 * again, say, or an operator: the last that was seen stays, with the reason.
 * @throws ProgramError of the first look, and what waiting does not mend
 */
export async function watchRanking(
  read: () => Promise<ShownRanking>,
  intervalMs: number,
  { show, sleep, isInterrupted }: WatchPorts,
): Promise<void> {
  let last: ShownRanking | undefined
  do {
    try {
      last = await read()
      if (!isInterrupted()) show(last, undefined)
    } catch (error) {
      if (isInterrupted()) return
      if (last === undefined || !mayMend(error)) throw error
      show(last, messageOf(error))
    }
  } while (await sleep(intervalMs))
}

function mayMend(error: unknown): boolean {
  return isProgramError(error) && (error.retry || error.exitCode === EXIT.finding)
}
