import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { DesiredContainer } from '#contract/desiredState.ts'
import type { ContainerStatus } from '#contract/nodeStatus.ts'
import { messageOf } from '#program/errors.ts'
import type { Adjuster } from '../adjust/adjuster.ts'
import type { DesiredLink } from './desiredLink.ts'

/** New processes inherit; this finds those that came in from outside (exec), and containers that began later. */
const SWEEP_EVERY_MS = 2_000
const STATUS_EVERY_MS = 30_000

/**
 * Keeps the scores as desired, and tells what became of it, until the signal is aborted. Nothing is written or given
 * back before the desired state was read once; scores stay as they are when the agent ends.
 */
export async function runAdjustments(
  link: DesiredLink,
  adjuster: Adjuster,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  let desired: readonly DesiredContainer[] | undefined
  let wake = new AbortController()
  const listening = link.run((containers) => {
    desired = containers
    wake.abort()
  }, signal)
  // Ended while still connecting: told by the await below, not as a rejection that nobody handles.
  listening.catch(() => undefined)
  let told: { containers: ContainerStatus[]; atMs: number } | undefined
  while (!signal.aborted) {
    wake = new AbortController()
    if (desired !== undefined) {
      try {
        const containers = adjuster.sweep(desired)
        const changed = told === undefined || !isDeepStrictEqual(told.containers, containers)
        if (changed) logger.info({ desired: desired.length, failed: failures(containers) }, 'scores as desired')
        if (changed || performance.now() - (told?.atMs ?? 0) >= STATUS_EVERY_MS) {
          if (await link.publish(containers)) told = { containers, atMs: performance.now() }
        }
      } catch (error) {
        logger.warn(`expected to save the scores of before, got: ${messageOf(error)}; no score is written until then`)
      }
    }
    await sleep(SWEEP_EVERY_MS, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(() => undefined)
  }
  await listening
}

function failures(containers: readonly ContainerStatus[]): number {
  return containers.filter(({ outcome }) => outcome === 'failed').length
}
