import { describe, expect, it } from '@jest/globals'
import { createRandom, pick, type Random } from '#kernel/random.testkit.ts'
import type { OomPolicyStatus } from '../api/oomPolicy.ts'
import { FakeBucket } from '../testing/fakeBucket.ts'
import { FakeClock } from '../testing/fakeClock.ts'
import { clusterFactsOf, policyOf, policyPodOf, quietPolicyPorts } from '../testing/policies.ts'
import type { NodeWord } from '../policies/release.ts'
import type { PolicyPod } from '../policies/selection.ts'
import { PolicyEngine } from './policyEngine.ts'

const NODES = ['node-a', 'node-b', 'node-c'] as const
const TIERS = ['front', 'back'] as const
const OUTCOMES = ['applied', 'failed', 'conflict', 'skipped'] as const
const ROUNDS = 25
/** Longer than a status of which only the number of processes has changed waits, and than a node takes to be behind. */
const REST_MS = 40_000

class World {
  readonly clock = new FakeClock(Date.parse('2026-03-01T10:00:00.000Z'))
  readonly #bucket = new FakeBucket()
  readonly #random: Random
  readonly #pods = new Map<string, PolicyPod>()
  readonly #words = new Map<string, NodeWord>()
  readonly #policies = new Map<string, ReturnType<typeof policyOf>>()
  #count = 0
  #engine: PolicyEngine | undefined
  #stop = new AbortController()
  statuses = new Map<string, OomPolicyStatus>()

  constructor(random: Random) {
    this.#random = random
    for (const name of ['p', 'q', 'r']) this.#putPolicy(name)
  }

  /** One that knows nothing but what is now. */
  start(): void {
    this.#stop.abort()
    this.#stop = new AbortController()
    this.statuses = new Map()
    const { statuses, clock } = this
    const engine = new PolicyEngine(() => this.#pods.values(), clusterFactsOf().rails, {
      ...quietPolicyPorts(clock),
      // The apiserver takes its time, and nodes speak meanwhile.
      writeStatus: async (name, compute) => {
        await clock.sleep(700)
        statuses.set(name, compute(statuses.get(name)))
      },
    })
    this.#engine = engine
    engine.namespaces.put('n', { name: 'shop', labels: {} })
    for (const policy of this.#policies.values()) engine.policies.put(policy.uid, policy)
    for (const [node, word] of this.#words) engine.noteStatus(node, word)
    engine.noteHearing()
    engine.run(this.#bucket, this.#stop.signal).catch(() => undefined)
  }

  change(): void {
    const changes = [
      () => this.#startPod(),
      () => this.#startPod(),
      () => this.#endPod(),
      () => this.#speak(),
      () => this.#speak(),
      () => this.#speak(),
    ] as const
    if (this.#random(12) === 0) this.#putPolicy(pick(['p', 'q', 'r'], this.#random))
    else pick(changes, this.#random)()
  }

  pass(ms: number): Promise<void> {
    return this.clock.until(this.clock.sleep(ms))
  }

  #putPolicy(name: string): void {
    const generation = (this.#policies.get(name)?.generation ?? 0) + 1
    const spec = {
      podSelector: { matchLabels: { tier: pick(TIERS, this.#random) } },
      mode: this.#random(3) === 0 ? 'Audit' : 'Enforce',
      oomScoreAdj: { value: pick([-500, 500, 999], this.#random) },
    }
    const policy = policyOf(name, spec, { uid: `uid-${name}`, generation })
    this.#policies.set(name, policy)
    this.#engine?.policies.put(policy.uid, policy)
  }

  #startPod(): void {
    const number = (++this.#count).toString(16)
    const uid = `00000000-0000-4000-8000-${number.padStart(12, '0')}`
    const memory = this.#random(3) === 0 ? undefined : { limit: '1Gi', request: '1Gi' }
    const members = [{ name: 'app', type: 'App' as const, id: number.padStart(64, '0'), memory }]
    const node = pick(NODES, this.#random)
    this.#pods.set(uid, policyPodOf({ uid, members, node, labels: { tier: pick(TIERS, this.#random) } }))
    this.#engine?.wakeNodes([node])
  }

  #endPod(): void {
    const [pod] = this.#pods.values()
    if (pod === undefined) return
    this.#pods.delete(pod.uid)
    this.#engine?.wakeNodes([pod.node])
  }

  /** A node says anything of containers, of another node's too. */
  #speak(): void {
    const node = pick(NODES, this.#random)
    const rules = [...this.#policies.values()].map(({ name, uid, generation }) => ({ policy: name, uid, generation }))
    const containers = [...this.#pods.values()].flatMap(({ members }) =>
      members.map(({ id = '' }) => {
        const rule = this.#random(rules.length)
        return {
          containerId: id,
          outcomes: [{ rule, outcome: pick(OUTCOMES, this.#random), processes: this.#random(5), reason: 0 }],
        }
      }),
    )
    const reasons = [{ reason: 'KernelRefused', message: 'no right' }]
    const revision = this.#random(3) === 0 ? 0 : (this.#bucket.see(node)?.revision ?? 0)
    const word = { rules, reasons, containers, desiredRevision: revision }
    this.#words.set(node, word)
    this.#engine?.noteStatus(node, word)
  }
}

/** Without when it came to be so. */
function plain(statuses: ReadonlyMap<string, OomPolicyStatus>): object {
  const names = [...statuses.keys()].toSorted()
  return names.map((name) => {
    const { conditions = [], ...status } = statuses.get(name) ?? {}
    return { name, ...status, conditions: conditions.map(({ lastTransitionTime: _when, ...one }) => one) }
  })
}

describe('the statuses of policies', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'say after any changes what an operator that begins then says (seed %i)',
    async (seed) => {
      const random = createRandom(seed)
      const world = new World(random)
      world.start()
      for (let round = 0; round < ROUNDS; round++) {
        world.change()
        await world.pass(pick([1, 60, 400, 5_000], random))
      }
      await world.pass(REST_MS)
      const followed = plain(world.statuses)
      world.start()
      await world.pass(REST_MS)
      expect({ seed, followed }).toEqual({ seed, followed: plain(world.statuses) })
      world.start()
    },
  )
})
