import { isDeepStrictEqual } from 'node:util'
import type { DesiredScore } from '#contract/desiredRule.ts'
import type { TokenBucket } from '#program/tokenBucket.ts'
import type { WriteOutcome } from '../adapters/containerProcesses.ts'
import { refuseScore } from './checks/scoreChecks.ts'
import { ForeignWrites } from './foreignWrites.ts'
import type { KillScopes, KillScopeWrite } from './killScopes.ts'
import { firstOf, judgeProcess, type JudgedProcess } from './judge.ts'
import type { Originals } from './originals.ts'
import { outcomesOf, tellOutcomes, type Became, type ToldOutcomes } from './outcomes.ts'
import { planAdjustments, scoreFrom, type ObservedProcess, type PlannedProcess, type ScoreWrite } from './plan.ts'
import type { Fact, ProcessFacts, Rule } from './rule.ts'
import { resolveTargets, type Desired, type ObservedContainer } from './target.ts'

/** Which containers to look at: these, and all of these pods. */
export interface Wanted {
  containerIds: ReadonlySet<string>
  podUids: ReadonlySet<string>
}

export interface Swept {
  /** Of each container that is a target. */
  told: ToldOutcomes
  /** Containers with a score of ours that is desired no more and could not be given back yet. */
  restoring: number
  /** Containers of desired pods that could not be told apart: sandboxes, and those that have only begun to start. */
  unnamed: string[]
  /** Until the next write may be done, where some wait for it; else 0. */
  waitMs: number
}

/** A write that was done. */
export type WriteNote = { container: ObservedContainer; desiredRevision: number | undefined } & (
  | { file: 'oom_score_adj'; process: ObservedProcess; to: number; rule: Rule | undefined }
  | ({ file: 'memory.oom.group' } & Omit<KillScopeWrite, 'container'>)
)

export interface AdjusterPorts {
  observe(wanted: Wanted): ObservedContainer[]
  /** What rules ask for beside what is observed. */
  readFacts(pid: number, facts: readonly Fact[]): Pick<ProcessFacts, Fact>
  write(containerId: string, process: ObservedProcess, oomScoreAdj: number): WriteOutcome
  /** Whether a process is one of the node's itself; undefined where that is not shown. */
  isOfNode(pid: number): boolean | undefined
  /** As /proc counts. */
  ownPid: number
  killScopes: KillScopes
  /** Told of each write that was done. */
  noteWrite(note: WriteNote): void
  /** What may be written now. */
  budget: TokenBucket
  /** On a clock that only goes forward. */
  monotonicMs: () => number
  /** On disk when it returns. */
  saveOriginals(originals: Originals): void
}

/** Brings the scores of a node's containers to what is desired, sweep by sweep. */
export class Adjuster {
  readonly #ports: AdjusterPorts
  readonly #foreignWrites = new ForeignWrites()
  #originals: Originals

  constructor(originals: Originals, ports: AdjusterPorts) {
    this.#originals = originals
    this.#ports = ports
  }

  /**
   * One look at the containers and the writes that it takes.
   * @throws ErrnoException when the originals cannot be saved: then nothing was written.
   */
  sweep(desired: Desired): Swept {
    const { killScopes, budget } = this.#ports
    const remembered = [...Object.keys(this.#originals), ...killScopes.containerIds]
    const containers = this.#ports.observe(wantedOf(desired, remembered))
    const targets = resolveTargets(desired, containers)
    const rules = new Map(targets.map((target) => [target.containerId, target.rules]))
    const judged = new Map<string, JudgedProcess[]>()
    for (const { containerId, processes } of containers) {
      if (rules.has(containerId) || Object.hasOwn(this.#originals, containerId))
        judged.set(containerId, this.#judge(rules.get(containerId) ?? [], processes))
    }
    const nowMs = this.#ports.monotonicMs()
    const leftAlone = this.#findLeftAlone(judged, nowMs)
    const planned = new Map([...judged].filter(([id]) => !leftAlone.has(id)))
    const own = new Set(
      containers.filter(({ processes }) => processes.some(({ pid }) => pid === this.#ports.ownPid)).map(idOf),
    )
    const refuse = (containerId: string, score: DesiredScore, ownScore: number, isOfNode: () => boolean | undefined) =>
      refuseScore({
        score,
        oomScoreAdj: scoreFrom(score, ownScore),
        own: ownScore,
        isOwnContainer: own.has(containerId),
        isOfNode,
      })
    // A container that is neither there nor desired has ended: there is nobody to give anything back to.
    const known = Object.entries(this.#originals).filter(([id]) => judged.has(id) || rules.has(id))
    const plan = planAdjustments(planned, Object.fromEntries(known), ({ containerId, process, score, own: ownScore }) =>
      refuse(containerId, score, ownScore, () => this.#ports.isOfNode(process.pid)),
    )
    this.#save(plan.originals)
    const byId = new Map(containers.map((container) => [container.containerId, container]))
    const deciders = new Map([...planned.values()].flat().map(({ process, decidedBy }) => [process, decidedBy]))
    const { revision: desiredRevision } = desired
    const results = this.#write(plan.writes, nowMs, ({ containerId, process, oomScoreAdj: to, givesBack }) => {
      const container = byId.get(containerId)
      const rule = givesBack ? undefined : deciders.get(process)
      if (container !== undefined)
        this.#ports.noteWrite({ file: 'oom_score_adj', container, process, to, rule, desiredRevision })
    })
    const scopes = killScopes.sweep(
      targets,
      containers,
      () => budget.take(nowMs),
      (write) => this.#ports.noteWrite({ file: 'memory.oom.group', desiredRevision, ...write }),
    )
    // What could not be given back is tried again by the next sweep.
    const restoring = new Set(
      plan.writes.filter((one) => one.givesBack && isStillDue(results.get(one.process))).map(idOf),
    )
    const released = new Set(plan.releasing.filter((id) => !restoring.has(id)))
    this.#save(Object.fromEntries(Object.entries(plan.originals).filter(([id]) => !released.has(id))))
    this.#foreignWrites.keep(new Set(judged.keys()))
    const outcomes = targets.map((target) => {
      const { containerId } = target
      const became = (process: ObservedProcess): Became =>
        leftAlone.has(containerId)
          ? { kind: 'leftAlone' }
          : (refusalOf(plan.planned.get(process)) ?? results.get(process))
      return {
        containerId,
        outcomes: [
          ...outcomesOf(target, judged.get(containerId), became, ({ rule }, process) =>
            rule.score === undefined
              ? undefined
              : // Not asked of the kernel again and again for what is not written.
                refuse(containerId, rule.score, plan.planned.get(process)?.own ?? process.oomScoreAdj, () => undefined),
          ),
          ...(scopes.outcomes.get(containerId) ?? []),
        ],
      }
    })
    return {
      told: tellOutcomes(desired.rules, outcomes),
      restoring: new Set([...restoring, ...scopes.restoring]).size,
      unnamed: containers.filter((one) => one.name === undefined && !rules.has(one.containerId)).map(idOf),
      waitMs: [...results.values()].some((result) => result?.kind === 'waits') ? this.#ports.budget.waitMs(nowMs) : 0,
    }
  }

  /** Where somebody else writes again and again; there everything stays as it is while a score is wanted. */
  #findLeftAlone(judged: ReadonlyMap<string, readonly JudgedProcess[]>, nowMs: number): Set<string> {
    const leftAlone = new Set<string>()
    for (const [containerId, processes] of judged) {
      const all = processes.map(({ process }) => process)
      const isLeftAlone = this.#foreignWrites.isLeftAlone(containerId, all, nowMs)
      if (isLeftAlone && processes.some(({ score }) => score !== undefined)) leftAlone.add(containerId)
    }
    return leftAlone
  }

  #judge(rules: readonly Rule[], processes: readonly ObservedProcess[]): JudgedProcess[] {
    const facts = [...new Set(rules.flatMap((rule) => rule.facts))]
    const first = firstOf(processes)
    return processes.map((process) => {
      const more = facts.length === 0 ? {} : this.#ports.readFacts(process.pid, facts)
      return judgeProcess(rules, process, { command: process.command, isFirst: process === first, ...more })
    })
  }

  /** @returns what became of each write. */
  #write(
    writes: readonly ScoreWrite[],
    nowMs: number,
    onWritten: (write: ScoreWrite) => void,
  ): Map<ObservedProcess, Became> {
    const results = new Map<ObservedProcess, Became>()
    for (const write of writes) {
      const { containerId, process, oomScoreAdj, givesBack } = write
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

  #save(originals: Originals): void {
    if (isDeepStrictEqual(originals, this.#originals)) return
    this.#ports.saveOriginals(originals)
    this.#originals = originals
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

function wantedOf({ containers }: Desired, remembered: readonly string[]): Wanted {
  const containerIds = new Set(remembered)
  for (const { containerId } of containers) if (containerId !== undefined) containerIds.add(containerId)
  return { containerIds, podUids: new Set(containers.map(({ podUid }) => podUid)) }
}
