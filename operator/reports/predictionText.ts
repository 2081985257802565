import type { KillEvent } from '#contract/killEvent.ts'
import type { ForeseenCandidate, MissReason } from '#contract/killContext.ts'
import { MAX_PREDICTION_CHARS } from '../api/killRecord.ts'
import { OTHER_NAMESPACE, type IsVisible } from './candidateTable.ts'
import { shownText } from './shownText.ts'

/** As contract/killContext.ts has them. */
const REASONS: Readonly<Record<MissReason, string>> = {
  unseen: 'the victim started after that',
  moved: 'the victim was known elsewhere',
  gone: 'who was foreseen had ended',
  exempt: 'who was foreseen may not be killed by now',
  allocatingTask: 'the kernel takes whoever asks for memory (vm.oom_kill_allocating_task)',
  grew: 'the victim had grown since',
  shrank: 'who was foreseen had less by then',
  equal: 'both had as many points',
  untold: 'the kernel printed no figures of who was foreseen',
  unknown: 'why does not show',
}

/** Whether the kernel took whom the agent foresaw, if not why: `hit: first of 12 in line, 1.3 s before`. */
export function predictionText({ foresight }: KillEvent, isVisible: IsVisible): string | undefined {
  if (foresight === undefined) return undefined
  const { outcome, ageMs, processCount, candidates, victimRank, missReason = 'unknown' } = foresight
  const before = `${(ageMs / 1000).toFixed(1)} s before`
  if (outcome === 'hit') return `hit: first of ${processCount} in line, ${before}`
  const [first] = candidates
  const foreseen = first === undefined ? 'nobody' : nameOf(first, isVisible)
  const rank = victimRank === undefined ? '' : `, the victim as number ${victimRank} of ${processCount}`
  return shownText(`miss: ${foreseen} was foreseen ${before}${rank}; ${REASONS[missReason]}`, MAX_PREDICTION_CHARS)
}

function nameOf(candidate: ForeseenCandidate, isVisible: IsVisible): string {
  return isVisible(candidate) ? `${candidate.command}(${candidate.pid})` : OTHER_NAMESPACE
}
