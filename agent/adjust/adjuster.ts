import { isDeepStrictEqual } from 'node:util'
import type { WriteOutcome } from '../adapters/containerProcesses.ts'
import { firstOf, judgeProcess, type JudgedProcess } from './judge.ts'
import type { Originals } from './originals.ts'
import { outcomesOf, tellOutcomes, type ToldOutcomes } from './outcomes.ts'
import { identityOf, planAdjustments, type ObservedProcess, type ScoreWrite } from './plan.ts'
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
}

export interface AdjusterPorts {
  observe(wanted: Wanted): ObservedContainer[]
  /** What rules ask for beside what is observed. */
  readFacts(pid: number, facts: readonly Fact[]): Pick<ProcessFacts, Fact>
  write(containerId: string, process: ObservedProcess, oomScoreAdj: number): WriteOutcome
  /** On disk when it returns. */
  saveOriginals(originals: Originals): void
}

/** Brings the scores of a node's containers to what is desired, sweep by sweep. */
export class Adjuster {
  readonly #ports: AdjusterPorts
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
    const containers = this.#ports.observe(wantedOf(desired, this.#originals))
    const targets = resolveTargets(desired, containers)
    const rules = new Map(targets.map((target) => [target.containerId, target.rules]))
    const judged = new Map<string, JudgedProcess[]>()
    for (const { containerId, processes } of containers) {
      if (rules.has(containerId) || Object.hasOwn(this.#originals, containerId))
        judged.set(containerId, this.#judge(rules.get(containerId) ?? [], processes))
    }
    // A container that is neither there nor desired has ended: there is nobody to give anything back to.
    const known = Object.entries(this.#originals).filter(([id]) => judged.has(id) || rules.has(id))
    const plan = planAdjustments(judged, Object.fromEntries(known))
    this.#save(plan.originals)
    const results = this.#write(plan.writes)
    // What could not be given back is tried again by the next sweep.
    const restoring = new Set(plan.writes.filter((one) => one.givesBack && hasFailed(results(one))).map(idOf))
    const released = new Set(plan.releasing.filter((id) => !restoring.has(id)))
    this.#save(Object.fromEntries(Object.entries(plan.originals).filter(([id]) => !released.has(id))))
    const outcomes = targets.map((target) => {
      const { containerId } = target
      const written = (process: ObservedProcess) => results({ containerId, process })
      return { containerId, outcomes: outcomesOf(target, judged.get(containerId), written) }
    })
    return {
      told: tellOutcomes(desired.rules, outcomes),
      restoring: restoring.size,
      unnamed: containers.filter((one) => one.name === undefined && !rules.has(one.containerId)).map(idOf),
    }
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
  #write(writes: readonly ScoreWrite[]): (write: ProcessOfContainer) => WriteOutcome | undefined {
    const results = new Map<string, WriteOutcome>()
    const keyOf = ({ containerId, process }: ProcessOfContainer) => `${containerId} ${identityOf(process)}`
    for (const write of writes)
      results.set(keyOf(write), this.#ports.write(write.containerId, write.process, write.oomScoreAdj))
    return (write) => results.get(keyOf(write))
  }

  #save(originals: Originals): void {
    if (isDeepStrictEqual(originals, this.#originals)) return
    this.#ports.saveOriginals(originals)
    this.#originals = originals
  }
}

type ProcessOfContainer = Pick<ScoreWrite, 'containerId' | 'process'>

function idOf({ containerId }: { containerId: string }): string {
  return containerId
}

function hasFailed(outcome: WriteOutcome | undefined): boolean {
  return outcome?.kind === 'refused' || outcome?.kind === 'failed'
}

function wantedOf({ containers }: Desired, originals: Originals): Wanted {
  const containerIds = new Set(Object.keys(originals))
  for (const { containerId } of containers) if (containerId !== undefined) containerIds.add(containerId)
  return { containerIds, podUids: new Set(containers.map(({ podUid }) => podUid)) }
}
