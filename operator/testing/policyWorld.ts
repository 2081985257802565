import { decodeDesiredState } from '#contract/desiredState.ts'
import { operatorError } from '../errors.ts'
import type { NodeWord } from '../policies/release.ts'
import type { Policy, PolicyPod } from '../policies/selection.ts'
import type { DesiredBucket, StoredState } from '../runtime/desiredStates.ts'
import { PolicyEngine } from '../runtime/policyEngine.ts'
import { FakeBucket } from './fakeBucket.ts'
import { FakeClock } from './fakeClock.ts'
import { Life } from './mortalWorld.ts'
import { clusterFactsOf, quietPolicyPorts } from './policies.ts'

/** What is set in a container, and by which policy. */
export interface Setting {
  policy: string
  value: number
}

/** A node that does as the contract says: it reads its state, sets, gives back, and says so. */
export class FakePolicyNode {
  readonly name: string
  readonly settings = new Map<string, Setting>()
  isUp = true
  #word: NodeWord = { rules: [], reasons: [], containers: [], desiredRevision: 0, restoring: 0 }
  #giveBack: string[] = []

  constructor(name: string) {
    this.name = name
  }

  /** One round: what is desired no more is given back in the next one. @returns its word. */
  sweep(bucket: FakeBucket, running: ReadonlySet<string>): NodeWord {
    for (const id of this.settings.keys()) if (!running.has(id)) this.settings.delete(id)
    for (const id of this.#giveBack.splice(0)) this.settings.delete(id)
    const { state, revision = 0 } = bucket.see(this.name) ?? {}
    const decoded = state === undefined ? undefined : decodeDesiredState(state, this.name)
    if (decoded?.ok === false) throw new Error(decoded.reason)
    const { rules = [], containers = [] } = decoded?.state ?? {}
    const kept = new Set<string>()
    const outcomes: NodeWord['containers'] = []
    for (const { containerId = '', rules: places } of containers) {
      const place = places.find((one) => rules[one]?.mode === 'Enforce')
      const rule = place === undefined ? undefined : rules[place]
      if (place === undefined || rule?.score === undefined || !running.has(containerId)) continue
      kept.add(containerId)
      this.settings.set(containerId, { policy: rule.policy, value: 'value' in rule.score ? rule.score.value : 0 })
      outcomes.push({ containerId, outcomes: [{ rule: place, outcome: 'applied', processes: 1 }] })
    }
    this.#giveBack = [...this.settings.keys()].filter((id) => !kept.has(id))
    const identities = rules.map(({ policy, uid, generation }) => ({ policy, uid, generation }))
    const restoring = this.#giveBack.length
    this.#word = { rules: identities, reasons: [], containers: outcomes, desiredRevision: revision, restoring }
    return this.#word
  }

  get word(): NodeWord {
    return this.#word
  }
}

/** The bucket as one life of an operator sees it. What is under way when it dies may still come to be, later. */
class MortalBucket implements DesiredBucket {
  readonly #world: PolicyWorld
  readonly #life: Life

  constructor(world: PolicyWorld, life: Life) {
    this.#world = world
    this.#life = life
  }

  async readAll(): Promise<Map<string, StoredState>> {
    return this.#ask(() => this.#world.bucket.readAll())
  }

  async read(token: string): Promise<Partial<StoredState> | undefined> {
    return this.#ask(() => this.#world.bucket.read(token))
  }

  async put(token: string, state: string): Promise<number> {
    this.#world.noteWrite(state, token)
    return this.#write(() => this.#world.bucket.put(token, state))
  }

  async delete(token: string): Promise<number> {
    return this.#write(() => this.#world.bucket.delete(token))
  }

  renewLease = (): Promise<void> => Promise.resolve()

  readLease = (): Promise<undefined> => Promise.resolve(undefined)

  async #write(effect: () => Promise<number>): Promise<number> {
    let done = false
    const once = async (): Promise<number> => {
      done = true
      return effect()
    }
    this.#world.underWay.push(async () => void (done || (await once())))
    return this.#life.act(() => this.#ask(once))
  }

  async #ask<T>(what: () => Promise<T>): Promise<T> {
    if (this.#world.isNatsAway) throw operatorError('NatsUnavailable', 'expected an answer, got none')
    return what()
  }
}

/** Policies, pods, nodes and NATS, and one operator after the other. */
export class PolicyWorld {
  readonly clock = new FakeClock(Date.parse('2026-03-01T10:00:00.000Z'))
  readonly bucket = new FakeBucket()
  readonly policies = new Map<string, Policy>()
  readonly pods = new Map<string, PolicyPod>()
  readonly nodes = new Map<string, FakePolicyNode>()
  /** Writes that an operator began. */
  readonly underWay: (() => Promise<void>)[] = []
  /** What must never be. */
  readonly wrong: string[] = []
  isNatsAway = false
  #engine: PolicyEngine | undefined
  #life = new Life(Number.POSITIVE_INFINITY)
  #end = new AbortController()
  #gaveUpOn = new Set<string>()
  /** Policies that were to be deleted when the operator began. */
  #deletingBefore = new Set<string>()

  /** @param endsAt the step at which it dies */
  startOperator(endsAt: number): void {
    this.#end.abort()
    const end = (this.#end = new AbortController())
    const life = (this.#life = new Life(endsAt))
    const { clock } = this
    const engine = new PolicyEngine(() => this.pods.values(), clusterFactsOf().rails, {
      ...quietPolicyPorts(clock),
      writeStatus: (_name, compute) => life.act(() => Promise.resolve(void compute(undefined))),
      hold: (name) => life.act(() => Promise.resolve(this.#hold(name))),
      release: (name) => life.act(() => Promise.resolve(this.#release(name))),
      gaveUpOn: (_name, nodes) => nodes.forEach((node) => this.#gaveUpOn.add(node)),
    })
    this.#engine = engine
    this.#deletingBefore = new Set([...this.policies.values()].filter((one) => one.deleting).map(({ name }) => name))
    engine.namespaces.put('n', { name: 'shop', labels: {} })
    for (const policy of this.policies.values()) engine.policies.put(policy.uid, policy)
    for (const { name, word } of this.nodes.values()) engine.noteStatus(name, word)
    engine.noteHearing()
    void this.#run(engine, new MortalBucket(this, life), end.signal)
  }

  /** An operator that is dead is followed by another one; NATS delivers nothing while it is away. */
  async pass(ms: number, nextEndsAt: number): Promise<void> {
    const died = await this.clock.until(Promise.race([this.#life.died, this.clock.sleep(ms)]))
    if (died === 'died') this.startOperator(nextEndsAt)
  }

  putPolicy(policy: Policy): void {
    this.policies.set(policy.name, policy)
    this.#engine?.policies.put(policy.uid, policy)
  }

  /** As the apiserver does: one without a finalizer is gone at once. */
  deletePolicy(policy: Policy): void {
    if (policy.held) this.putPolicy({ ...policy, deleting: true })
    else this.#forget(policy)
  }

  wakeNodes(...nodes: string[]): void {
    this.#engine?.wakeNodes(nodes)
  }

  sweep(node: FakePolicyNode): void {
    if (!node.isUp || this.isNatsAway) return
    this.#engine?.noteStatus(node.name, node.sweep(this.bucket, this.#running(node.name)))
  }

  /** What a dead operator had sent comes to be now. */
  async deliverLate(): Promise<void> {
    for (const write of this.underWay.splice(0)) await write()
  }

  /** A finalizer stands before the first write. */
  noteWrite(state: string, node: string): void {
    const decoded = decodeDesiredState(state, node)
    if (!decoded.ok) return void this.wrong.push(decoded.reason)
    for (const { policy, mode, uid } of decoded.state.rules) {
      const stored = this.policies.get(policy)
      if (mode === 'Enforce' && stored?.uid === uid && !stored.held)
        this.wrong.push(`${policy} is written and not held`)
    }
  }

  async #run(engine: PolicyEngine, bucket: DesiredBucket, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await engine.run(bucket, signal).catch(() => undefined)
      await this.clock.sleep(200)
    }
  }

  #running(node: string): Set<string> {
    const pods = [...this.pods.values()].filter((pod) => pod.node === node)
    return new Set(pods.flatMap(({ members }) => members.map(({ id = '' }) => id)))
  }

  #hold(name: string): void {
    const policy = this.policies.get(name)
    if (policy !== undefined && !policy.deleting) this.putPolicy({ ...policy, held: true })
  }

  #release(name: string): void {
    const policy = this.policies.get(name)
    if (policy === undefined) return
    const left = [...this.nodes.values()].filter(
      (node) => !this.#gaveUpOn.has(node.name) && [...node.settings.values()].some((one) => one.policy === name),
    )
    // What an operator that died had told a node and the node did not say yet, nobody knows.
    if (left.length > 0 && !this.#deletingBefore.has(name))
      this.wrong.push(`${name} is gone, and ${left.map((node) => node.name).join()} has its scores`)
    this.#forget(policy)
  }

  #forget(policy: Policy): void {
    this.policies.delete(policy.name)
    this.#engine?.policies.remove(policy.uid)
  }
}
