import type { StatusReason } from '#contract/nodeStatus.ts'
import { firstOf, judgeProcess, type Aside, type JudgedProcess } from './judge.ts'
import type { KillScopes, KillScopeWrite } from './killScopes.ts'
import type { Originals } from './originals.ts'
import { outcomesOf, tellOutcomes, type Outcome, type ToldOutcomes } from './outcomes.ts'
import type { ObservedProcess } from './plan.ts'
import type { Fact, ProcessFacts, Rule } from './rule.ts'
import { Scores, type ScoreLook, type ScorePorts, type ScoresSwept, type ScoreWritten } from './scores.ts'
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
interface Look extends ScoreLook {
  targets: readonly ContainerTarget[]
  rules: ReadonlyMap<string, readonly Rule[]>
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
export type WriteNote = { desiredRevision: number | undefined } & (
  | ({ file: 'oom_score_adj' } & ScoreWritten)
  | ({ file: 'memory.oom.group' } & KillScopeWrite)
)

export interface AdjusterPorts extends ScorePorts {
  observe(wanted: Wanted, extent: Extent): ObservedContainer[]
  /** What rules ask for beside what is observed. */
  readFacts(pid: number, facts: readonly Fact[]): Pick<ProcessFacts, Fact>
  killScopes: KillScopes
  /** Told of each write that was done. */
  noteWrite(note: WriteNote): void
  /** On a clock that only goes forward. */
  monotonicMs: () => number
}

/** Brings the scores of a node's containers to what is desired, sweep by sweep. */
export class Adjuster {
  readonly #ports: AdjusterPorts
  readonly #scores: Scores
  #index = new TargetIndex({ rules: [], containers: [] })
  #unsettledMs = Number.NEGATIVE_INFINITY
  /** By container id. */
  readonly #settled = new Map<string, Settled>()
  /** As of the last sweep. */
  #before: readonly ObservedContainer[] = []
  /** What the last sweep told, where it left nothing to be done. */
  #quiet: Swept | undefined

  constructor(originals: Originals, ports: AdjusterPorts) {
    this.#scores = new Scores(originals, ports)
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
    const { targets, judged, nowMs } = look
    const scores = this.#sweepScores(look, desired.revision)
    const scopes = this.#ports.killScopes.sweep(
      targets,
      containers,
      () => this.#ports.budget.take(nowMs),
      (write) => this.#ports.noteWrite({ file: 'memory.oom.group', desiredRevision: desired.revision, ...write }),
    )
    const outcomes = targets.map((target) => {
      const { containerId } = target
      const settled = this.#settled.get(containerId)
      if (settled !== undefined) return { containerId, outcomes: settled.outcomes }
      const became = (process: ObservedProcess) => scores.became(containerId, process)
      const refuses = ({ rule: { score } }: Aside, process: ObservedProcess): StatusReason | undefined =>
        score === undefined ? undefined : scores.refuses(containerId, process, score)
      const ofScores = outcomesOf(target, judged.get(containerId), became, refuses)
      return { containerId, outcomes: [...ofScores, ...(scopes.outcomes.get(containerId) ?? [])] }
    })
    const swept = {
      told: tellOutcomes(desired.rules, outcomes),
      restoring: new Set([...scores.restoring, ...scopes.restoring]).size,
      unnamed: unnamedOf(look),
      waitMs: scores.hasWaiting ? this.#ports.budget.waitMs(nowMs) : 0,
      unsaved: this.#scores.unsaved ?? scopes.unsaved,
    }
    const busy = new Set([...scores.touched, ...scopes.touched])
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
    const { writes } = this.#sweepScores(look, desired.revision)
    return { unnamed: unnamedOf(look), writes }
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
    const remembered = [...this.#scores.containerIds, ...this.#ports.killScopes.containerIds]
    const containerIds = new Set([...this.#index.containerIds, ...remembered])
    const { podUids, chosenPodUids } = this.#index
    return this.#ports.observe({ containerIds, podUids, chosenPodUids }, extent)
  }

  #look(containers: readonly ObservedContainer[], isOfAll: boolean): Look {
    const targets = this.#index.resolve(containers, isOfAll)
    const rules = new Map(targets.map((target) => [target.containerId, target.rules]))
    const judged = new Map<string, JudgedProcess[]>()
    for (const container of containers) {
      const { containerId, processes } = container
      if (this.#settled.get(containerId)?.observed === container) continue
      this.#settled.delete(containerId)
      if (rules.has(containerId) || this.#scores.isRemembered(containerId))
        judged.set(containerId, this.#judge(rules.get(containerId) ?? [], processes))
    }
    const desired = isOfAll ? rules : undefined
    return { containers, targets, rules, judged, desired, nowMs: this.#ports.monotonicMs() }
  }

  #sweepScores(look: ScoreLook, desiredRevision: number | undefined): ScoresSwept {
    return this.#scores.sweep(look, (written) =>
      this.#ports.noteWrite({ file: 'oom_score_adj', desiredRevision, ...written }),
    )
  }

  #judge(rules: readonly Rule[], processes: readonly ObservedProcess[]): JudgedProcess[] {
    const facts = [...new Set(rules.flatMap((rule) => rule.facts))]
    const first = firstOf(processes)
    return processes.map((process) => {
      const more = facts.length === 0 ? {} : this.#ports.readFacts(process.pid, facts)
      return judgeProcess(rules, process, { command: process.command, isFirst: process === first, ...more })
    })
  }
}

function idOf({ containerId }: { containerId: string }): string {
  return containerId
}

function unnamedOf({ containers, rules }: Look): string[] {
  return containers.filter((one) => one.name === undefined && !rules.has(one.containerId)).map(idOf)
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index])
}
