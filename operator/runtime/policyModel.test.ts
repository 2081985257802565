import { describe, expect, it } from '@jest/globals'
import { createRandom, pick, type Random } from '#kernel/random.testkit.ts'
import { policyOf, policyPodOf } from '../testing/policies.ts'
import { FakePolicyNode, PolicyWorld, type Setting } from '../testing/policyWorld.ts'

const NODES = ['node-a', 'node-b', 'node-c'] as const
const TIERS = ['front', 'back'] as const
const POLICIES = ['p', 'q', 'r'] as const
const ROUNDS = 14
/** Longer than a deleted policy waits for a node that is down. */
const REST_MS = 70_000

/** Something that people, controllers, kubelets or the network do. */
class Fate {
  readonly #world: PolicyWorld
  readonly #random: Random
  #count = 0

  constructor(world: PolicyWorld, random: Random) {
    this.#world = world
    this.#random = random
  }

  async change(): Promise<void> {
    const changes = [
      () => this.#putPolicy(),
      () => this.#putPolicy(),
      () => this.#deletePolicy(),
      () => this.#startPod(),
      () => this.#startPod(),
      () => this.#endPod(),
      () => this.#relabelPod(),
      () => void (this.#world.isNatsAway = !this.#world.isNatsAway),
      () => this.#flip(),
      () => this.#world.startOperator(this.steps()),
      () => this.#world.deliverLate(),
    ] as const
    await pick(changes, this.#random)()
  }

  steps(): number {
    return 1 + this.#random(40)
  }

  #putPolicy(): void {
    const { policies } = this.#world
    const name = pick(POLICIES, this.#random)
    const before = policies.get(name)
    if (before?.deleting === true) return
    const spec = {
      podSelector: { matchLabels: { tier: pick(TIERS, this.#random) } },
      oomScoreAdj: { value: 100 * this.#random(9) },
      priority: this.#random(3),
      mode: this.#random(4) === 0 ? 'Audit' : 'Enforce',
      // What guard rails refuse is another test's affair.
      allowCrossQoS: true,
      allowUnlimited: true,
    }
    const generation = (before?.generation ?? 0) + 1
    const uid = before?.uid ?? `uid-${++this.#count}`
    this.#world.putPolicy(policyOf(name, spec, { uid, generation, held: before?.held ?? false }))
  }

  #deletePolicy(): void {
    const policy = this.#world.policies.get(pick(POLICIES, this.#random))
    if (policy !== undefined && !policy.deleting) this.#world.deletePolicy(policy)
  }

  #startPod(): void {
    const number = (++this.#count).toString(16)
    const uid = `00000000-0000-4000-8000-${number.padStart(12, '0')}`
    const members = [{ name: 'app', type: 'App' as const, id: number.padStart(64, '0') }]
    const labels = { tier: pick(TIERS, this.#random) }
    const node = pick(NODES, this.#random)
    this.#world.pods.set(uid, policyPodOf({ uid, members, labels, node }))
    this.#world.wakeNodes(node)
  }

  #endPod(): void {
    const [pod] = this.#world.pods.values()
    if (pod === undefined) return
    this.#world.pods.delete(pod.uid)
    this.#world.wakeNodes(pod.node)
  }

  #relabelPod(): void {
    const [pod] = this.#world.pods.values()
    if (pod === undefined) return
    this.#world.pods.set(pod.uid, { ...pod, labels: { tier: pick(TIERS, this.#random) } })
    this.#world.wakeNodes(pod.node)
  }

  #flip(): void {
    const node = this.#world.nodes.get(pick(NODES, this.#random))
    if (node !== undefined) node.isUp = !node.isUp
  }
}

/** By the policies' words alone: of those that enforce and fit, the one with the highest priority, of equals the first by name. */
function expectedSettings(world: PolicyWorld, node: string): Record<string, Setting> {
  const settings: Record<string, Setting> = {}
  for (const pod of world.pods.values()) {
    if (pod.node !== node) continue
    const fitting = [...world.policies.values()]
      .filter(({ spec, deleting }) => !deleting && spec.mode === 'Enforce')
      .filter(({ spec }) => spec.podSelector?.matchLabels?.['tier'] === pod.labels['tier'])
      .toSorted((a, b) => b.spec.priority - a.spec.priority || (a.name < b.name ? -1 : 1))
    const [first] = fitting
    const value = first?.spec.oomScoreAdj?.value
    for (const { id = '' } of pod.members)
      if (first !== undefined && value !== undefined) settings[id] = { policy: first.name, value }
  }
  return settings
}

async function live(random: Random): Promise<PolicyWorld> {
  const world = new PolicyWorld()
  for (const name of NODES) world.nodes.set(name, new FakePolicyNode(name))
  const fate = new Fate(world, random)
  world.startOperator(fate.steps())
  for (let round = 0; round < ROUNDS; round++) {
    await fate.change()
    for (const node of world.nodes.values()) if (random(2) === 0) world.sweep(node)
    await world.pass(pick([1, 60, 400], random), fate.steps())
    for (const node of world.nodes.values()) if (random(2) === 0) world.sweep(node)
  }
  world.isNatsAway = false
  if (random(2) === 0) for (const node of world.nodes.values()) node.isUp = true
  world.startOperator(Number.POSITIVE_INFINITY)
  await world.pass(1_000, 0)
  await world.deliverLate()
  for (let rest = 0; rest < REST_MS; rest += 2_000) {
    for (const node of world.nodes.values()) world.sweep(node)
    await world.pass(2_000, 0)
  }
  return world
}

describe('policies, with operators that die at any step, nodes that go, and NATS away', () => {
  it.each(Array.from({ length: 6 }, (_, index) => index))(
    'come to rest with just what they say set on the nodes, and nothing of those that are gone: the fifty seeds from %i·50 on',
    async (fifty) => {
      for (let seed = fifty * 50; seed < fifty * 50 + 50; seed++) {
        const world = await live(createRandom(seed))
        expect({ seed, wrong: world.wrong }).toEqual({ seed, wrong: [] })
        const deleting = [...world.policies.values()].filter((policy) => policy.deleting).map(({ name }) => name)
        expect({ seed, deleting }).toEqual({ seed, deleting: [] })
        for (const node of world.nodes.values()) {
          if (!node.isUp) continue
          const settings = Object.fromEntries(node.settings)
          expect({ seed, node: node.name, settings }).toEqual({
            seed,
            node: node.name,
            settings: expectedSettings(world, node.name),
          })
        }
        const { writes } = world.bucket
        await world.pass(60_000, 0)
        expect({ seed, writes: world.bucket.writes - writes }).toEqual({ seed, writes: 0 })
        world.startOperator(0)
      }
    },
    60_000,
  )
})
