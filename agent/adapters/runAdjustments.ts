import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { messageOf } from '#program/errors.ts'
import type { Adjuster, Swept } from '../adjust/adjuster.ts'
import { withoutExpired, type Hold } from '../adjust/hold.ts'
import { withoutCounts } from '../adjust/outcomes.ts'
import { CALM_MS, SweepPace } from '../adjust/sweepPace.ts'
import type { Wake } from '../adjust/wake.ts'
import type { DesiredLink, ReadDesired } from './desiredLink.ts'
import type { StatusTeller } from './statusTeller.ts'

/** For writes that are spread over time: a sweep for each would cost more than it does. */
const MIN_WAIT_MS = 250
/** Names in one line of the log. */
const MAX_NAMED = 20

/**
 * Keeps the scores as desired, and tells what became of it, until the signal is aborted. Nothing is written or given
 * back before the desired state was read once, or remembered; scores stay as they are when the agent ends.
 * @param hold how long ago the desired state was confirmed: what was held for too long is given back
 * @param wake called when a sweep is due before its time: a cgroup has come to be.
 * @param now the wall clock
 */
export async function runAdjustments(
  link: DesiredLink,
  adjuster: Adjuster,
  hold: Hold,
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
      if (read.leaseRevision !== undefined) {
        heldSince = undefined
        hold.noteRead({ revision: read.revision, leaseRevision: read.leaseRevision })
      }
      wake.call()
    },
    held: () => void (heldSince ??= now().toISOString()),
  }
  const listening = link.run(listener, signal)
  // Ended while still connecting: told by the await below, not as a rejection that nobody handles.
  listening.catch(() => undefined)
  let said: object | undefined
  let saidExpired = 0
  let waitMs = CALM_MS
  while (!signal.aborted) {
    const woken = wake.arm()
    if (desired !== undefined) {
      const { revision } = desired
      try {
        const ageMs = hold.ageMs()
        const held = withoutExpired(desired, ageMs)
        const expired = held.rules.filter(({ suspended }) => suspended !== undefined).map(({ policy }) => policy)
        if (expired.length > saidExpired)
          logger.warn(
            { policies: expired.slice(0, MAX_NAMED) },
            `expected an operator to confirm the desired state, got none for ${Math.round(ageMs / 60_000)} min: what these policies set is given back (holdFor)`,
          )
        saidExpired = expired.length
        const { told, restoring, unnamed, waitMs: untilWriteMs } = adjuster.sweep(held)
        waitMs = pace.nextMs(unnamed, performance.now())
        if (untilWriteMs > 0) waitMs = Math.min(waitMs, Math.max(untilWriteMs, MIN_WAIT_MS))
        const report = { ...told, desiredRevision: revision, restoring }
        const toSay = withoutCounts(report)
        if (!isDeepStrictEqual(said, toSay))
          logger.info({ desired: desired.containers.length, failed: failures(told), restoring }, 'scores as desired')
        said = toSay
        const since = heldSince ?? hold.staleSince()?.toISOString()
        teller.tell({ ...report, ...(since !== undefined && { heldSince: since }) })
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
