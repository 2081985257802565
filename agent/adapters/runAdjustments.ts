import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { ContainerStatus } from '#contract/nodeStatus.ts'
import { messageOf } from '#program/errors.ts'
import type { Adjuster } from '../adjust/adjuster.ts'
import { CALM_MS, SweepPace } from '../adjust/sweepPace.ts'
import type { Wake } from '../adjust/wake.ts'
import type { DesiredLink, ReadDesired } from './desiredLink.ts'
import type { NodeReport, StatusTeller } from './statusTeller.ts'

/**
 * Keeps the scores as desired, and tells what became of it, until the signal is aborted. Nothing is written or given
 * back before the desired state was read once; scores stay as they are when the agent ends.
 * @param wake called when a sweep is due before its time: a cgroup has come to be.
 */
export async function runAdjustments(
  link: DesiredLink,
  adjuster: Adjuster,
  wake: Wake,
  teller: StatusTeller,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  let desired: ReadDesired | undefined
  const pace = new SweepPace()
  const listening = link.run((read) => {
    desired = read
    wake.call()
  }, signal)
  // Ended while still connecting: told by the await below, not as a rejection that nobody handles.
  listening.catch(() => undefined)
  let said: NodeReport | undefined
  let waitMs = CALM_MS
  while (!signal.aborted) {
    const woken = wake.arm()
    if (desired !== undefined) {
      const { containers, revision } = desired
      try {
        const { statuses, restoring, unnamed } = adjuster.sweep(containers)
        waitMs = pace.nextMs(unnamed, performance.now())
        const report = { containers: statuses, desiredRevision: revision, restoring }
        if (!isDeepStrictEqual(said, report))
          logger.info({ desired: containers.length, failed: failures(statuses), restoring }, 'scores as desired')
        said = report
        teller.tell(report)
      } catch (error) {
        logger.warn(`expected to save the scores of before, got: ${messageOf(error)}; no score is written until then`)
      }
    }
    await sleep(waitMs, undefined, { signal: AbortSignal.any([signal, woken]) }).catch(() => undefined)
  }
  await listening
}

function failures(containers: readonly ContainerStatus[]): number {
  return containers.filter(({ outcome }) => outcome === 'failed').length
}
