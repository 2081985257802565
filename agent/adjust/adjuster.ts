import type { DesiredScore } from '#contract/desiredRule.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import { scoreFrom } from '#contract/scoreFrom.ts'
import type { TokenBucket } from '#program/tokenBucket.ts'
import type { WriteOutcome } from './writeOutcome.ts'
import { refuseScore } from './checks/scoreChecks.ts'
import { ForeignWrites } from './foreignWrites.ts'
import { isAsOld, type KillScopes, type KillScopeWrite } from './killScopes.ts'
import { firstOf, judgeProcess, type Aside, type JudgedProcess } from './judge.ts'
import type { Originals } from './originals.ts'
import { outcomesOf, tellOutcomes, type Became, type Outcome, type ToldOutcomes } from './outcomes.ts'
import { planAdjustments, type ObservedProcess, type PlannedProcess, type ScoreWrite } from './plan.ts'
import { Remembered } from './remembered.ts'
import type { Fact, ProcessFacts, Rule } from './rule.ts'
import { ORIGINALS_LOST, ORIGINALS_UNSAVED } from './statusReasons.ts'
import { TargetIndex, type ContainerTarget, type Desired, type ObservedContainer } from './target.ts'

/** Which containers to look at: these, and all of these pods. */
export interface Wanted {
  containerIds: ReadonlySet<string>
  podUids: ReadonlySet<string>
  /** Of these, the pods whose processes are chosen by what they are: that may change while pid and score stay. */
  chosenPodUids: ReadonlySet<string>
}

/** How long a container is taken for settled because its processes are the same: memory.oom.group may be another. */
const SETTLED_MS = 60_000

/** All of them, or those that have come to be since the last look, and these that had no name then, by id. */
export type Extent = 'all' | ReadonlySet<string>

/** A container as it was when all of it was as it should be, and what was told of it. */
interface Settled {
  observed: ObservedContainer
  outcomes: readonly Outcome[]
}

/** What is there and what is wanted of it. */
interface Look {
  containers: readonly ObservedContainer[]
  targets: readonly ContainerTarget[]
  rules: ReadonlyMap<string, readonly Rule[]>
  /** Of containers that are not settled. */
  judged: ReadonlyMap<string, readonly JudgedProcess[]>
  nowMs: number
  leftAlone: ReadonlySet<string>
  /** Of which nobody knows any more what they had before. */
  lost: ReadonlySet<string>
  refuse: (
    containerId: string,
    score: DesiredScore,
    own: number,
    isOfNode: () => boolean | undefined,
  ) => StatusReason | undefined
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
  /** Why what was there before cannot be saved: what depends on it is not written; undefined where it is saved. */
  unsaved: string | undefined
}

/** A write that was done. */
export type WriteNote = { container: ObservedContainer; desiredRevision: number | undefined } & (
  | { file: 'oom_score_adj'; process: ObservedProcess; to: number; rule: Rule | undefined }
  | ({ file: 'memory.oom.group' } & Omit<KillScopeWrite, 'container'>)
)

export interface AdjusterPorts {
  observe(wanted: Wanted, extent: Extent): ObservedContainer[]
  /** What rules ask for beside what is observed. */
  readFacts(pid: number, facts: readonly Fact[]): Pick<ProcessFacts, Fact>
  write(containerId: string, process: ObservedProcess, oomScoreAdj: number): WriteOutcome
  /** Whether a process is one of the node's itself; undefined where that is not shown. */
  isOfNode(pid: number): boolean | undefined
  /** Whether a score may go below what its process began with. */
  mayLower: boolean
  /** As /proc counts. */
  ownPid: number | undefined
  killScopes: KillScopes
  /** Told of each write that was done. */
  noteWrite(note: WriteNote): void
  /** What may be written now. */
  budget: TokenBucket
  /** On a clock that only goes forward. */
  monotonicMs: () => number
  /** On disk when it returns. */
  saveOriginals(originals: Originals): void
  /** What processes that are as old, in clock ticks since boot, had before is lost; undefined where nothing is. */
  originalsLostAtTicks: number | undefined
}

/** Brings the scores of a node's containers to what is desired, sweep by sweep. */
export class Adjuster {
  readonly #ports: AdjusterPorts
  readonly #foreignWrites = new ForeignWrites()
  readonly #originals: Remembered<Originals[string]>
  #index = new TargetIndex({ rules: [], containers: [] })
  #unsettledMs = Number.NEGATIVE_INFINITY
  /** By container id. */
  readonly #settled = new Map<string, Settled>()
  /** As of the last sweep. */
  #before: readonly ObservedContainer[] = []
  /** What the last sweep told, where it left nothing to be done. */
  #quiet: Swept | undefined

  constructor(originals: Originals, ports: AdjusterPorts) {
    this.#originals = new Remembered(originals, (next) => ports.saveOriginals(next))
    this.#ports = ports
  }

  /**
   * One look at all containers and the writes that it takes. Where nothing has changed since the last one, which left
   * nothing to be done, what that told is told again: the same object. Where originals cannot be saved, what depends on
   * them is not written; what is to be given back is.
   */
  sweep(desired: Desired): Swept {
    this.#takeUp(desired)
    const containers = this.#observe('all')
    if (this.#quiet !== undefined && isSameList(containers, this.#before)) return this.#quiet
    this.#before = containers
    this.#quiet = undefined
    const look = this.#look(containers, true)
    const { targets, rules, judged, nowMs, leftAlone, lost, refuse } = look
    // A container that is neither there nor desired has ended: there is nobody to give anything back to.
    const present = new Set(containers.map(idOf))
    const known = Object.entries(this.#originals.all).filter(([id]) => present.has(id) || rules.has(id))
    const { plan, results, restoring } = this.#carryOut(look, Object.fromEntries(known), desired.revision)
    const scopes = this.#ports.killScopes.sweep(
      targets,
      containers,
      () => this.#ports.budget.take(nowMs),
      (write) => this.#ports.noteWrite({ file: 'memory.oom.group', desiredRevision: desired.revision, ...write }),
    )
    this.#foreignWrites.keep(present)
    const outcomes = targets.map((target) => {
      const { containerId } = target
      const settled = this.#settled.get(containerId)
      if (settled !== undefined) return { containerId, outcomes: settled.outcomes }
      const became = (process: ObservedProcess): Became =>
        lost.has(containerId)
          ? { kind: 'withheld', why: ORIGINALS_LOST }
          : leftAlone.has(containerId)
            ? { kind: 'leftAlone' }
            : (refusalOf(plan.planned.get(process)) ?? results.get(process))
      const refuses = ({ rule: { score } }: Aside, process: ObservedProcess): StatusReason | undefined => {
        const own = plan.planned.get(process)?.own ?? process.oomScoreAdj
        // Not asked of the kernel again and again for what is not written.
        return score === undefined ? undefined : refuse(containerId, score, own, () => undefined)
      }
      const ofScores = outcomesOf(target, judged.get(containerId), became, refuses)
      return { containerId, outcomes: [...ofScores, ...(scopes.outcomes.get(containerId) ?? [])] }
    })
    const swept = {
      told: tellOutcomes(desired.rules, outcomes),
      restoring: new Set([...restoring, ...scopes.restoring]).size,
      unnamed: unnamedOf(look),
      waitMs: [...results.values()].some((result) => result?.kind === 'waits') ? this.#ports.budget.waitMs(nowMs) : 0,
      unsaved: this.#originals.trouble ?? scopes.unsaved,
    }
    const busy = new Set([...plan.writes.map(idOf), ...leftAlone, ...scopes.touched])
    for (const [id, processes] of judged)
      if (processes.some(({ process }) => plan.planned.get(process)?.refused !== undefined)) busy.add(id)
    const byId = new Map(containers.map((container) => [container.containerId, container]))
    for (const { containerId, outcomes: told } of outcomes) {
      const observed = byId.get(containerId)
      if (observed === undefined || busy.has(containerId) || swept.unsaved !== undefined) continue
      if (!this.#index.chosenPodUids.has(observed.podUid)) this.#settled.set(containerId, { observed, outcomes: told })
    }
    const isQuiet = busy.size === 0 && swept.unsaved === undefined
    if (isQuiet && this.#index.chosenPodUids.size === 0) this.#quiet = swept
    return swept
  }

  /**
   * A look at containers that have only begun, and the writes that it takes: what became of them is told by the next sweep.
   * @param desired as the last sweep had it
   * @param begun containers that had no name as of the last look
   */
  sweepNew(desired: Desired, begun: ReadonlySet<string>): Pick<Swept, 'unnamed'> & { writes: number } {
    const look = this.#look(this.#observe(begun), false)
    const { plan } = this.#carryOut(look, this.#originals.all, desired.revision)
    return { unnamed: unnamedOf(look), writes: plan.writes.length }
  }

  #takeUp(desired: Desired): void {
    const isSame = this.#index.isOf(desired)
    if (!isSame) this.#index = new TargetIndex(desired)
    const nowMs = this.#ports.monotonicMs()
    if (isSame && nowMs - this.#unsettledMs < SETTLED_MS) return
    this.#unsettledMs = nowMs
    this.#settled.clear()
    this.#quiet = undefined
  }

  #observe(extent: Extent): ObservedContainer[] {
    const remembered = [...Object.keys(this.#originals.all), ...this.#ports.killScopes.containerIds]
    const containerIds = new Set([...this.#index.containerIds, ...remembered])
    const { podUids, chosenPodUids } = this.#index
    return this.#ports.observe({ containerIds, podUids, chosenPodUids }, extent)
  }

  #look(containers: readonly ObservedContainer[], withAbsent: boolean): Look {
    const targets = this.#index.resolve(containers, withAbsent)
    const rules = new Map(targets.map((target) => [target.containerId, target.rules]))
    const judged = new Map<string, JudgedProcess[]>()
    for (const container of containers) {
      const { containerId, processes } = container
      if (this.#settled.get(containerId)?.observed === container) continue
      this.#settled.delete(containerId)
      if (rules.has(containerId) || Object.hasOwn(this.#originals.all, containerId))
        judged.set(containerId, this.#judge(rules.get(containerId) ?? [], processes))
    }
    const nowMs = this.#ports.monotonicMs()
    const withAgent = containers.find(({ processes }) => processes.some(({ pid }) => pid === this.#ports.ownPid))
    const refuse: Look['refuse'] = (containerId, score, own, isOfNode) =>
      refuseScore({
        score,
        oomScoreAdj: scoreFrom(score, own),
        own,
        mayLower: this.#ports.mayLower,
        isOwnContainer: containerId === withAgent?.containerId,
        isOfNode,
      })
    const unknown = containers.filter(({ containerId }) => !Object.hasOwn(this.#originals.all, containerId))
    const lost = new Set(unknown.filter((one) => isAsOld(one, this.#ports.originalsLostAtTicks)).map(idOf))
    return { containers, targets, rules, judged, nowMs, leftAlone: this.#findLeftAlone(judged, nowMs), lost, refuse }
  }

  #carryOut({ containers, judged, leftAlone, lost, nowMs, refuse }: Look, known: Originals, desiredRevision?: number) {
    const planned = new Map([...judged].filter(([id]) => !leftAlone.has(id) && !lost.has(id)))
    const plan = planAdjustments(planned, known, ({ containerId, process, score, own }) =>
      refuse(containerId, score, own, () => this.#ports.isOfNode(process.pid)),
    )
    this.#originals.remember(plan.originals)
    const byId = new Map(containers.map((container) => [container.containerId, container]))
    const deciders = new Map([...planned.values()].flat().map(({ process, decidedBy }) => [process, decidedBy]))
    const isSaved = ({ containerId, givesBack }: ScoreWrite): boolean =>
      givesBack || this.#originals.has(containerId, plan.originals[containerId])
    const results = this.#write(plan.writes, nowMs, isSaved, ({ containerId, process, oomScoreAdj: to, givesBack }) => {
      const container = byId.get(containerId)
      const rule = givesBack ? undefined : deciders.get(process)
      if (container !== undefined)
        this.#ports.noteWrite({ file: 'oom_score_adj', container, process, to, rule, desiredRevision })
    })
    // What could not be given back is tried again by the next sweep.
    const restoring = new Set(
      plan.writes.filter((one) => one.givesBack && isStillDue(results.get(one.process))).map(idOf),
    )
    const released = new Set(plan.releasing.filter((id) => !restoring.has(id)))
    if (released.size > 0) {
      const { all } = this.#originals
      this.#originals.remember(Object.fromEntries(Object.entries(all).filter(([id]) => !released.has(id))))
    }
    return { plan, results, restoring }
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
}

function idOf({ containerId }: { containerId: string }): string {
  return containerId
}

function unnamedOf({ containers, rules }: Look): string[] {
  return containers.filter((one) => one.name === undefined && !rules.has(one.containerId)).map(idOf)
}

function isStillDue(became: Became): boolean {
  return became?.kind === 'refused' || became?.kind === 'failed' || became?.kind === 'waits'
}

function refusalOf(planned: PlannedProcess | undefined): Became {
  return planned?.refused === undefined ? undefined : { kind: 'refusedByCheck', why: planned.refused }
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index])
}
