import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage, waitUntil } from '../cluster/process/wait.ts'
import type { Kubectl } from '../cluster/parts/kubectl.ts'
import { countRepeats } from './countRepeats.ts'
import { readCounter, type NodeHands } from './nodeHands.ts'
import { countByScope, countReported, readAllReports, type AllReports } from './reportedKills.ts'

/** Since the tally began. */
export interface Tally {
  /** Growth of oom_kill in /proc/vmstat, by node. */
  grown: Readonly<Record<string, number>>
  /** Of these, victims that a kernel counted twice. */
  repeats: number
  /** Kills in all reports. */
  reported: number
  byScope: ReadonlyMap<string, number>
}

/** Victims: each once. */
export function victimsOf({ grown, repeats }: Tally): number {
  return Object.values(grown).reduce((sum, kills) => sum + kills, 0) - repeats
}

const REST_MS = 6_000

/**
 * The kernels' own counts of kills beside those of all reports. Everything that a kernel kills is in both, whoever's it was, so
 * that nothing has to be left out.
 */
export class KillTally {
  readonly #nodes: readonly NodeHands[]
  readonly #kubectl: Kubectl
  readonly #counters = new Map<string, number>()
  /** Of kernels that are gone. */
  readonly #carried = new Map<string, number>()
  #repeatsBefore = 0
  #repeatsCarried = 0
  #before: AllReports = { containers: [], nodes: [] }

  constructor(nodes: readonly NodeHands[], kubectl: Kubectl) {
    this.#nodes = nodes
    this.#kubectl = kubectl
  }

  /** Once all earlier kills are told: nothing has changed for some seconds. */
  async begin(): Promise<void> {
    let last = ''
    let sinceMs = performance.now()
    const atRest = async (): Promise<true | undefined> => {
      for (const node of this.#nodes) this.#counters.set(node.name, await readCounter(node))
      this.#before = await readAllReports(this.#kubectl)
      this.#repeatsBefore = this.#countRepeats()
      const now = JSON.stringify([[...this.#counters], countReported(this.#before)])
      if (now !== last) sinceMs = performance.now()
      last = now
      return performance.now() - sinceMs >= REST_MS ? true : undefined
    }
    await waitUntil('earlier kills to be told', atRest, { deadlineMs: 120_000, everyMs: 500 })
  }

  async read(): Promise<Tally> {
    const reports = await readAllReports(this.#kubectl)
    const grown: Record<string, number> = {}
    for (const node of this.#nodes) {
      const since = (await readCounter(node)) - (this.#counters.get(node.name) ?? 0)
      grown[node.name] = since + (this.#carried.get(node.name) ?? 0)
    }
    const scopesBefore = countByScope(this.#before)
    const byScope = [...countByScope(reports)].map(([scope, kills]): [string, number] => [
      scope,
      kills - (scopesBefore.get(scope) ?? 0),
    ])
    return {
      grown,
      repeats: this.#countRepeats() - this.#repeatsBefore + this.#repeatsCarried,
      reported: countReported(reports) - countReported(this.#before),
      byScope: new Map(byScope),
    }
  }

  /** Before a node boots anew: its kernel's count ends with it. */
  async carry(node: NodeHands): Promise<void> {
    const { grown } = await this.read()
    this.#carried.set(node.name, grown[node.name] ?? 0)
    this.#repeatsCarried += countRepeats(node.kills())
    this.#counters.set(node.name, 0)
  }

  /** Waits until the reports have all kills, and looks again a little later: one told twice would be one too many. */
  async untilTold(evidence: () => Promise<string>, deadlineMs = 120_000): Promise<Tally> {
    const told = async (): Promise<true | undefined> => {
      const tally = await this.read()
      return tally.reported >= victimsOf(tally) ? true : undefined
    }
    const last = async () => `${JSON.stringify(await this.read().catch(errorMessage))}\n${await evidence()}`
    await waitUntil('the reports to count every kill', told, { deadlineMs, everyMs: 500, evidence: last })
    const again = async (): Promise<Tally | undefined> => {
      const tally = await this.read()
      return tally.reported === victimsOf(tally) ? tally : undefined
    }
    await sleep(2_000)
    return waitUntil('the reports to count no kill twice', again, { deadlineMs: 10_000, everyMs: 500, evidence: last })
  }

  #countRepeats(): number {
    return this.#nodes.reduce((sum, node) => sum + countRepeats(node.kills()), 0)
  }
}
