import type { KillEvent } from '#contract/killEvent.ts'
import { parseExhausted } from '#kernel/dump/killLine.ts'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { describeLiveCandidate, rankCandidates, type ReadLiveProcess } from '../rank/candidates.ts'
import type { RankDomain } from '../rank/domainRanking.ts'

type InLine = Pick<KillEvent, 'candidates' | 'candidatesFrom' | 'taskCount'>

export interface InLineContext {
  /** Milliseconds on a clock that only goes forward. */
  killedAtMs: number
  /** The node's own page size; a dump that gives its page size away is believed first. */
  pageSizeKib: number
  readLive: ReadLiveProcess
  rankDomain: RankDomain
}

/**
 * Who was in line: by the kernel's own table, else, since a storm drops dumps but no kill lines, by /proc after the kill.
 * @param victimCgroup the least that a cgroup's limit covers; where it is unknown nobody is named
 */
export function resolveInLine(outcome: OomOutcome, victimCgroup: string | undefined, context: InLineContext): InLine {
  const { dump } = outcome
  if (dump !== undefined) {
    return {
      candidates: rankCandidates(dump, context.readLive),
      candidatesFrom: 'dump',
      taskCount: dump.tasks.length,
    }
  }
  return readInLine(outcome, victimCgroup, context) ?? { candidates: [], taskCount: 0 }
}

function readInLine(
  outcome: OomOutcome,
  victimCgroup: string | undefined,
  { killedAtMs, pageSizeKib, rankDomain }: InLineContext,
): InLine | undefined {
  const exhausted = outcome.outcome === 'killed' ? parseExhausted(outcome.message) : undefined
  if (outcome.outcome !== 'killed' || exhausted === undefined) return undefined
  if (exhausted === 'memcg' && victimCgroup === undefined) return undefined
  const cgroupPath = exhausted === 'memcg' ? victimCgroup : undefined
  const ranking = rankDomain({ victimPid: outcome.victim.pid, killedAtMs, cgroupPath })
  if (ranking === undefined || ranking.tasks.length === 0) return undefined
  return {
    candidates: ranking.tasks.map((task) => describeLiveCandidate(task, pageSizeKib)),
    candidatesFrom: exhausted === 'memcg' ? 'liveCgroup' : 'liveNode',
    taskCount: ranking.processCount,
  }
}
