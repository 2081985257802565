import type { OomPolicyStatus } from '../api/oomPolicy.ts'
import type { Verdict } from '../reports/condition.ts'
import type { PolicyPod } from '../policies/selection.ts'
import { PolicyEngine, type PolicyPorts } from '../runtime/policyEngine.ts'
import { FakeBucket } from './fakeBucket.ts'
import { clusterFactsOf, policyPodOf, quietPolicyPorts } from './policies.ts'

export const CONTAINER = 'c'.repeat(64)

/** With the one container that nodes speak of. */
export const plainPodOf = (changes: Partial<PolicyPod> = {}): PolicyPod =>
  policyPodOf({ members: [{ name: 'app', type: 'App', id: CONTAINER }], ...changes })

/** One pod in namespace `shop`, and an engine that runs; what it does is kept. */
export class PolicyEngineWorld {
  readonly bucket = new FakeBucket()
  readonly calls: string[] = []
  readonly replays: string[] = []
  readonly verdicts = new Map<string, Verdict>()
  readonly statuses: OomPolicyStatus[] = []
  pods: PolicyPod[] = [plainPodOf()]
  /** Why the apiserver takes no status. */
  statusFailure: Error | undefined
  now = new Date('2026-03-01T10:00:00.000Z')
  /** How far somebody has set the wall clock. */
  setByMs = 0
  readonly engine: PolicyEngine
  /** The engine's end. */
  running: Promise<never> | undefined
  #settled = Promise.withResolvers<void>()

  private constructor() {
    const { calls, replays } = this
    const call = (what: string) => (name: string) => Promise.resolve(void calls.push(`${what} ${name}`))
    this.engine = this.makeEngine({
      writeStatus: (_name, compute) =>
        this.statusFailure === undefined
          ? Promise.resolve(void this.statuses.push(compute(undefined)))
          : Promise.reject(this.statusFailure),
      hold: call('hold'),
      release: call('release'),
      replay: (policies) => (replays.push(policies.map(({ name }) => name).join()), this.verdicts),
      toldPods: (reasons) => calls.push(...reasons.map(({ pod: { name }, reason }) => `told ${name}: ${reason}`)),
      rolledBack: ({ name }, { node }) => calls.push(`took back ${name} from ${node}`),
      gaveUpOn: (name, nodes) => calls.push(`gave up on ${nodes.join()} for ${name}`),
    })
  }

  static async start(): Promise<PolicyEngineWorld> {
    const world = new PolicyEngineWorld()
    world.engine.noteHearing()
    await world.run(world.engine)
    return world
  }

  /** One more of the same cluster, which knows its namespace and nothing else. */
  makeEngine(changes: Partial<PolicyPorts>): PolicyEngine {
    const engine = new PolicyEngine(() => this.pods, clusterFactsOf().rails, {
      ...quietPolicyPorts({ nowMs: 0, sleep: (ms) => (ms > 500 ? new Promise(() => undefined) : Promise.resolve()) }),
      settled: () => this.#settled.resolve(),
      now: () => this.now,
      monotonicMs: () => this.now.getTime() - this.setByMs,
      ...changes,
    })
    engine.namespaces.put('n1', { name: 'shop', labels: {} })
    return engine
  }

  /** Comes back when it has decided all that it knows. */
  async run(engine: PolicyEngine): Promise<void> {
    this.#settled = Promise.withResolvers()
    this.running = engine.run(this.bucket, new AbortController().signal)
    this.running.catch(() => undefined)
    await this.#settled.promise
  }

  /** Runs until everything is decided that has changed until now. */
  async settle(change: () => void = () => undefined): Promise<void> {
    this.#settled = Promise.withResolvers()
    change()
    this.engine.wake()
    await this.#settled.promise
  }

  pass(ms: number): void {
    this.now = new Date(this.now.getTime() + ms)
  }
}
