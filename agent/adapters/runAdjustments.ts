import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { messageOf } from '#program/errors.ts'
import type { Adjuster, Swept } from '../adjust/adjuster.ts'
import { withoutCounts } from '../adjust/outcomes.ts'
import { CALM_MS, SweepPace } from '../adjust/sweepPace.ts'
import type { Wake } from '../adjust/wake.ts'
import type { DesiredLink, ReadDesired } from './desiredLink.ts'
import type { StatusTeller } from './statusTeller.ts'

/**
 * Keeps the scores as desired, and tells what became of it, until the signal is aborted. Nothing is written or given
 * back before the desired state was read once; scores stay as they are when the agent ends.
 * @param wake called when a sweep is due before its time: a cgroup has come to be.
 * @param now the wall clock
 */
export async function runAdjustments(
  link: DesiredLink,
  adjuster: Adjuster,
  wake: Wake,
  teller: StatusTeller,
  logger: Logger,
  now: () => Date,
  signal: AbortSignal,
): Promise<void> {
  let desired: ReadDesired | undefined
  let heldSince: string | undefined
  const pace = new SweepPace()
  const listener = {
    read(read: ReadDesired) {
      desired = read
      heldSince = undefined
      wake.call()
    },
    held: () => void (heldSince ??= now().toISOString()),
  }
  const listening = link.run(listener, signal)
  // Ended while still connecting: told by the await below, not as a rejection that nobody handles.
  listening.catch(() => undefined)
  let said: object | undefined
  let waitMs = CALM_MS
  while (!signal.aborted) {
    const woken = wake.arm()
    if (desired !== undefined) {
      const { revision } = desired
      try {
        const { told, restoring, unnamed } = adjuster.sweep(desired)
        waitMs = pace.nextMs(unnamed, performance.now())
        const report = { ...told, desiredRevision: revision, restoring }
        const toSay = withoutCounts(report)
        if (!isDeepStrictEqual(said, toSay))
          logger.info({ desired: desired.containers.length, failed: failures(told), restoring }, 'scores as desired')
        said = toSay
        teller.tell({ ...report, ...(heldSince !== undefined && { heldSince }) })
      } catch (error) {
        logger.warn(`expected to save the scores of before, got: ${messageOf(error)}; no score is written until then`)
      }
    }
    await sleep(waitMs, undefined, { signal: AbortSignal.any([signal, woken]) }).catch(() => undefined)
  }
  await listening
}

function failures({ containers }: Swept['told']): number {
  return containers.filter(({ outcomes }) => outcomes.some(({ outcome }) => outcome === 'failed')).length
}
