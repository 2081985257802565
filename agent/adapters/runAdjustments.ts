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

/** Between two sweeps, where something is to be written or told before the next is due. */
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
  let isChanged = false
  const pace = new SweepPace()
  const listener = {
    read(read: ReadDesired) {
      desired = read
      if (read.leaseRevision !== undefined) {
        heldSince = undefined
        hold.noteRead({ revision: read.revision, leaseRevision: read.leaseRevision })
      }
      isChanged = true
      wake.call()
    },
    held() {
      if (heldSince !== undefined) return
      heldSince = now().toISOString()
      // To be told.
      isChanged = true
      wake.call()
    },
  }
  const listening = link.run(listener, signal)
  // Ended while still connecting: told by the await below, not as a rejection that nobody handles.
  listening.catch(() => undefined)
  let said: object | undefined
  let last: Swept | undefined
  let saidExpired = 0
  /** When all containers are to be looked at again. */
  let sweepAtMs = 0
  let saidUnsaved: string | undefined

  const sayExpired = (held: ReadDesired, ageMs: number): void => {
    const expired = held.rules.filter(({ suspended }) => suspended !== undefined).map(({ policy }) => policy)
    if (expired.length > saidExpired)
      logger.warn(
        { policies: expired.slice(0, MAX_NAMED) },
        `expected an operator to confirm the desired state, got none for ${Math.round(ageMs / 60_000)} min: what these policies set is given back (holdFor)`,
      )
    // To be given back, or applied again.
    if (expired.length !== saidExpired) isChanged = true
    saidExpired = expired.length
  }
  const sweep = (held: ReadDesired, nowMs: number): void => {
    const swept = adjuster.sweep(held)
    pace.swept(swept.unnamed, nowMs)
    sweepAtMs = nowMs + (swept.waitMs > 0 ? Math.min(CALM_MS, Math.max(swept.waitMs, MIN_WAIT_MS)) : CALM_MS)
    if (swept.unsaved !== undefined && swept.unsaved !== saidUnsaved)
      logger.warn(`expected to save what was there before, got: ${swept.unsaved}; without that nothing is written`)
    saidUnsaved = swept.unsaved
    const report = { ...swept.told, desiredRevision: held.revision, restoring: swept.restoring }
    const toSay = swept === last ? said : withoutCounts(report)
    if (swept !== last && !isDeepStrictEqual(said, toSay))
      logger.info(
        { desired: held.containers.length, failed: failures(swept.told), restoring: swept.restoring },
        'scores as desired',
      )
    said = toSay
    last = swept
    const since = heldSince ?? hold.staleSince(saidExpired > 0)?.toISOString()
    teller.tell({ ...report, ...(since !== undefined && { heldSince: since }) })
  }
  const sweepNew = (held: ReadDesired, nowMs: number): void => {
    const begun = pace.begun(nowMs)
    const swept = adjuster.sweepNew(held, begun)
    pace.looked(begun, swept.unnamed, nowMs)
    // What became of it is told soon.
    if (swept.writes > 0) sweepAtMs = Math.min(sweepAtMs, nowMs + MIN_WAIT_MS)
  }

  while (!signal.aborted) {
    const woken = wake.arm()
    let waitMs = CALM_MS
    if (desired !== undefined) {
      const nowMs = performance.now()
      try {
        const ageMs = hold.ageMs()
        const held = withoutExpired(desired, ageMs)
        sayExpired(held, ageMs)
        const isDue = isChanged || nowMs >= sweepAtMs
        isChanged = false
        if (isDue) sweep(held, nowMs)
        else sweepNew(held, nowMs)
        waitMs = Math.max(0, Math.min(pace.waitMs(nowMs), sweepAtMs - performance.now()))
      } catch (error) {
        sweepAtMs = 0
        logger.warn(`expected to bring the scores to what is desired, got: ${messageOf(error)}; trying again`)
      }
    }
    await sleep(waitMs, undefined, { signal: AbortSignal.any([signal, woken]) }).catch(() => undefined)
  }
  await listening
}

function failures({ containers }: Swept['told']): number {
  return containers.filter(({ outcomes }) => outcomes.some(({ outcome }) => outcome === 'failed')).length
}
