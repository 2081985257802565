import { describe, expect, it } from '@jest/globals'
import { createRandom, pick, type Random } from '#kernel/random.testkit.ts'
import { clusterFactsOf, policyOf, policyPodOf } from '../testing/policies.ts'
import type { NodeFacts } from './clusterFacts.ts'
import { Decider, decide, type Decisions } from './decide.ts'
import type { Policy, PolicyPod } from './selection.ts'

const NODES = ['node-a', 'node-b', 'node-c', ''] as const
const TIERS = ['front', 'back'] as const
const ROUNDS = 60

/** Decisions in one order, as values. */
function plain({ desired, matches }: Decisions): object {
  const sorted = <T>(entries: Iterable<readonly [string, T]>) => [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    desired: sorted(desired),
    matches: sorted(matches).map(([name, match]) => ({
      name,
      pods: match.pods,
      containers: match.containers,
      told: match.told.toSorted(),
      nodes: [...match.nodes].toSorted(),
      protectingOn: [...match.protectingOn].toSorted(),
      refused: match.refused.map((one) => JSON.stringify(one)).toSorted(),
      places: sorted(match.places).map(([id, { pod, container }]) => [id, pod.uid, container]),
      refusals: sorted(match.refusals),
    })),
  }
}

/** A cluster in which anything changes, and a decider that is told where. */
class Cluster {
  readonly decider = new Decider()
  readonly #random: Random
  readonly #pods = new Map<string, PolicyPod>()
  readonly #nodes = new Map<string, NodeFacts>()
  #policies: readonly Policy[] = []
  #count = 0

  constructor(random: Random) {
    this.#random = random
    this.#changePolicies()
  }

  change(): void {
    const changes = [
      () => this.#startPod(),
      () => this.#startPod(),
      () => this.#startPod(),
      () => this.#changePod(),
      () => this.#endPod(),
      () => this.#resizeNode(),
    ] as const
    if (this.#random(12) === 0) this.#changePolicies()
    else this.#anew(pick(changes, this.#random)())
  }

  whole(): Decisions {
    return decide(this.#policies, this.#pods.values(), this.#facts())
  }

  #anew(nodes: readonly string[]): void {
    this.decider.decideNodes(new Set(nodes), this.#pods.values(), this.#facts())
  }

  #facts() {
    return clusterFactsOf({ nodes: new Map(this.#nodes) })
  }

  #changePolicies(): void {
    this.#policies = ['p', 'q', 'r'].map((name) =>
      policyOf(name, {
        podSelector: { matchLabels: { tier: pick(TIERS, this.#random) } },
        oomScoreAdj: { value: pick([-500, 0, 999], this.#random) },
        priority: this.#random(3),
        mode: this.#random(3) === 0 ? 'Audit' : 'Enforce',
        ...(this.#random(2) === 0 && { containers: ['app'] }),
      }),
    )
    this.decider.decideAll(this.#policies, this.#pods.values(), this.#facts())
  }

  #startPod(): string[] {
    const number = ++this.#count
    const uid = `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
    const limit = this.#random(5) === 0 ? undefined : `${1 + this.#random(4)}Gi`
    const memory = { limit, request: '1Gi' }
    const member = (name: string, at: number) => {
      const id = { id: (number * 2 + at).toString(16).padStart(64, '0') }
      return { name, type: 'App' as const, memory, ...(this.#random(4) > 0 && id) }
    }
    const labels = { tier: pick(TIERS, this.#random) }
    const node = pick(NODES, this.#random)
    const members = [member('app', 0), member('sidecar', 1)]
    this.#pods.set(uid, policyPodOf({ uid, node, labels, members, createdSeconds: this.#random(9) }))
    return [node]
  }

  #changePod(): string[] {
    const pod = [...this.#pods.values()][this.#random(this.#pods.size || 1)]
    if (pod === undefined) return []
    const node = this.#random(4) === 0 ? pick(NODES, this.#random) : pod.node
    this.#pods.set(pod.uid, { ...pod, node, labels: { tier: pick(TIERS, this.#random) } })
    return [pod.node, node]
  }

  #endPod(): string[] {
    const pod = [...this.#pods.values()][this.#random(this.#pods.size || 1)]
    if (pod === undefined) return []
    this.#pods.delete(pod.uid)
    return [pod.node]
  }

  #resizeNode(): string[] {
    const node = pick(NODES, this.#random)
    const kib = (1 + this.#random(16)) * 1024 ** 2
    this.#nodes.set(node, { memory: { capacityKib: kib, allocatableKib: kib }, isVirtual: this.#random(6) === 0 })
    return [node]
  }
}

describe('Decider', () => {
  const seen = new Set<string>()

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'has after any change what deciding everything at once has (seed %i)',
    (seed) => {
      const cluster = new Cluster(createRandom(seed))
      for (let round = 0; round < ROUNDS; round++) {
        cluster.change()
        const whole = plain(cluster.whole())
        expect({ seed, round, ...plain(cluster.decider) }).toEqual({ seed, round, ...whole })
        for (const [reason] of JSON.stringify(whole).matchAll(/BudgetExceeded|UnlimitedMemory|Unsupported/g))
          seen.add(reason)
      }
    },
  )

  it('was tried with guard rails of all kinds', () => {
    expect([...seen].toSorted()).toEqual(['BudgetExceeded', 'UnlimitedMemory', 'Unsupported'])
  })
})
