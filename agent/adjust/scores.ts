import type { DesiredScore } from '#contract/desiredRule.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import { scoreFrom } from '#contract/scoreFrom.ts'
import type { TokenBucket } from '#program/tokenBucket.ts'
import { refuseScore } from './checks/scoreChecks.ts'
import { ForeignWrites } from './foreignWrites.ts'
import type { JudgedProcess } from './judge.ts'
import { isAsOld } from './killScopes.ts'
import type { Originals } from './originals.ts'
import type { Became } from './outcomes.ts'
import { planAdjustments, type ObservedProcess, type PlannedProcess, type ScoreWrite } from './plan.ts'
import { Remembered } from './remembered.ts'
import type { Rule } from './rule.ts'
import { ORIGINALS_LOST, ORIGINALS_UNSAVED } from './statusReasons.ts'
import type { ObservedContainer } from './target.ts'
import type { WriteOutcome } from './writeOutcome.ts'

export interface ScorePorts {
  write(containerId: string, process: ObservedProcess, oomScoreAdj: number): WriteOutcome
  /** Whether a process is one of the node's itself; undefined where that is not shown. */
  isOfNode(pid: number): boolean | undefined
  /** Whether a score may go below what its process began with. */
  mayLower: boolean
  /** As /proc counts. */
  ownPid: number | undefined
  /** What may be written now. */
  budget: TokenBucket
  /** On disk when it returns. */
  saveOriginals(originals: Originals): void
  /** What processes that are as old, in clock ticks since boot, had before is lost; undefined where nothing is. */
  originalsLostAtTicks: number | undefined
}

/** What is there, and what its scores are to be. */
export interface ScoreLook {
  containers: readonly ObservedContainer[]
  /** By container id: those that are not settled. */
  judged: ReadonlyMap<string, readonly JudgedProcess[]>
  /** All that are desired, by id, seen or not; undefined where the look is at some containers alone. */
  desired: { has(containerId: string): boolean } | undefined
  /** On a clock that only goes forward. */
  nowMs: number
}

/** A write that was done; without a rule, it has its own score again. */
export interface ScoreWritten {
  container: ObservedContainer
  process: ObservedProcess
  to: number
  rule: Rule | undefined
}

export interface ScoresSwept {
  became(containerId: string, process: ObservedProcess): Became
  /** Why a score that is not written could not be. */
  refuses(containerId: string, process: ObservedProcess, score: DesiredScore): StatusReason | undefined
  /** Containers where a score could not be given back yet. */
  restoring: ReadonlySet<string>
  /** Those where something was to be written or was refused, and those that are left alone. */
  touched: ReadonlySet<string>
  writes: number
  /** Whether some wait until they may be done. */
  hasWaiting: boolean
}

/** Brings oom_score_adj of a node's processes to what was decided, and remembers what they had. */
export class Scores {
  readonly #ports: ScorePorts
  readonly #foreignWrites = new ForeignWrites()
  readonly #originals: Remembered<Originals[string]>

  constructor(originals: Originals, ports: ScorePorts) {
    this.#originals = new Remembered(originals, (next) => ports.saveOriginals(next))
    this.#ports = ports
  }

  /** Containers where something is to be given back some time. */
  get containerIds(): string[] {
    return Object.keys(this.#originals.all)
  }

  isRemembered(containerId: string): boolean {
    return Object.hasOwn(this.#originals.all, containerId)
  }

  /** Why what was there cannot be saved; undefined where it is. */
  get unsaved(): string | undefined {
    return this.#originals.trouble
  }

  /** @param onWritten told of each write that was done */
  sweep(look: ScoreLook, onWritten: (written: ScoreWritten) => void): ScoresSwept {
    const { containers, judged, desired, nowMs } = look
    const leftAlone = this.#findLeftAlone(judged, nowMs)
    const lost = this.#findLost(containers)
    const refuse = this.#checks(containers)
    const toPlan = new Map([...judged].filter(([id]) => !leftAlone.has(id) && !lost.has(id)))
    const present = new Set(containers.map(idOf))
    // A container that is neither there nor desired has ended: there is nobody to give anything back to.
    const known = Object.entries(this.#originals.all).filter(([id]) => desired?.has(id) !== false || present.has(id))
    const plan = planAdjustments(toPlan, Object.fromEntries(known), ({ containerId, process, score, own }) =>
      refuse(containerId, score, own, () => this.#ports.isOfNode(process.pid)),
    )
    this.#originals.remember(plan.originals)
    const byId = new Map(containers.map((container) => [container.containerId, container]))
    const deciders = new Map([...toPlan.values()].flat().map(({ process, decidedBy }) => [process, decidedBy]))
    const isSaved = ({ containerId, givesBack }: ScoreWrite): boolean =>
      givesBack || this.#originals.has(containerId, plan.originals[containerId])
    const results = this.#write(plan.writes, nowMs, isSaved, ({ containerId, process, oomScoreAdj: to, givesBack }) => {
      const container = byId.get(containerId)
      const rule = givesBack ? undefined : deciders.get(process)
      if (container !== undefined) onWritten({ container, process, to, rule })
    })
    // What could not be given back is tried again by the next sweep.
    const restoring = new Set(
      plan.writes.filter((one) => one.givesBack && isStillDue(results.get(one.process))).map(idOf),
    )
    this.#release(plan.releasing.filter((id) => !restoring.has(id)))
    if (desired !== undefined) this.#foreignWrites.keep(present)
    const touched = new Set([...plan.writes.map(idOf), ...leftAlone])
    for (const [id, processes] of judged)
      if (processes.some(({ process }) => plan.planned.get(process)?.refused !== undefined)) touched.add(id)
    return {
      became: (containerId, process) =>
        lost.has(containerId)
          ? { kind: 'withheld', why: ORIGINALS_LOST }
          : leftAlone.has(containerId)
            ? { kind: 'leftAlone' }
            : (refusalOf(plan.planned.get(process)) ?? results.get(process)),
      refuses: (containerId, process, score) => {
        const own = plan.planned.get(process)?.own ?? process.oomScoreAdj
        // Not asked of the kernel again and again for what is not written.
        return refuse(containerId, score, own, () => undefined)
      },
      restoring,
      touched,
      writes: plan.writes.length,
      hasWaiting: [...results.values()].some((result) => result?.kind === 'waits'),
    }
  }

  /** Where somebody else writes again and again; there everything stays as it is while a score is wanted. */
  #findLeftAlone(judged: ScoreLook['judged'], nowMs: number): Set<string> {
    const leftAlone = new Set<string>()
    for (const [containerId, processes] of judged) {
      const all = processes.map(({ process }) => process)
      const isLeftAlone = this.#foreignWrites.isLeftAlone(containerId, all, nowMs)
      if (isLeftAlone && processes.some(({ score }) => score !== undefined)) leftAlone.add(containerId)
    }
    return leftAlone
  }

  /** Of which nobody knows any more what they had before. */
  #findLost(containers: readonly ObservedContainer[]): Set<string> {
    const unknown = containers.filter(({ containerId }) => !this.isRemembered(containerId))
    return new Set(unknown.filter((one) => isAsOld(one, this.#ports.originalsLostAtTicks)).map(idOf))
  }

  #checks(containers: readonly ObservedContainer[]) {
    const { mayLower, ownPid } = this.#ports
    const withAgent = containers.find(({ processes }) => processes.some(({ pid }) => pid === ownPid))
    return (containerId: string, score: DesiredScore, own: number, isOfNode: () => boolean | undefined) =>
      refuseScore({
        score,
        oomScoreAdj: scoreFrom(score, own),
        own,
        mayLower,
        isOwnContainer: containerId === withAgent?.containerId,
        isOfNode,
      })
  }

  /** @returns what became of each write. */
  #write(
    writes: readonly ScoreWrite[],
    nowMs: number,
    isSaved: (write: ScoreWrite) => boolean,
    onWritten: (write: ScoreWrite) => void,
  ): Map<ObservedProcess, Became> {
    const results = new Map<ObservedProcess, Became>()
    for (const write of writes) {
      const { containerId, process, oomScoreAdj, givesBack } = write
      if (!isSaved(write)) {
        results.set(process, { kind: 'withheld', why: ORIGINALS_UNSAVED })
        continue
      }
      if (!this.#ports.budget.take(nowMs)) {
        results.set(process, { kind: 'waits' })
        continue
      }
      const result = this.#ports.write(containerId, process, oomScoreAdj)
      results.set(process, result)
      if (result.kind !== 'written') continue
      onWritten(write)
      if (givesBack) this.#foreignWrites.gaveBack(containerId, process)
      else this.#foreignWrites.wrote(containerId, process, oomScoreAdj, nowMs)
    }
    return results
  }

  #release(containerIds: readonly string[]): void {
    if (containerIds.length === 0) return
    const released = new Set(containerIds)
    const { all } = this.#originals
    this.#originals.remember(Object.fromEntries(Object.entries(all).filter(([id]) => !released.has(id))))
  }
}

function idOf({ containerId }: { containerId: string }): string {
  return containerId
}

function isStillDue(became: Became): boolean {
  return became?.kind === 'refused' || became?.kind === 'failed' || became?.kind === 'waits'
}

function refusalOf(planned: PlannedProcess | undefined): Became {
  return planned?.refused === undefined ? undefined : { kind: 'refusedByCheck', why: planned.refused }
}
