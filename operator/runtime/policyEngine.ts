import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { MAX_DESIRED_CONTAINERS, encodeDesiredState } from '#contract/desiredState.ts'
import type { ContainerStatus } from '#contract/nodeStatus.ts'
import { nodeToken } from '#contract/subjects.ts'
import type { OomPolicyStatus } from '../api/oomPolicy.ts'
import { decide, type Policy, type PolicyPod } from '../policies/decide.ts'
import type { Labels } from '../policies/labelSelector.ts'
import { policyStatus } from '../policies/policyStatus.ts'

/** Desired states by node token. */
export interface DesiredBucket {
  readAll(): Promise<Map<string, string>>
  put(token: string, state: string): Promise<void>
  delete(token: string): Promise<void>
}

export interface PolicyPorts {
  /** Everything was decided and written. */
  settled(): void
  now: () => Date
  writeStatus(name: string, compute: (stored: OomPolicyStatus | undefined) => OomPolicyStatus): Promise<void>
}

/** Changes that come together are decided together. */
const SETTLE_MS = 50

/** Objects by UID; each change wakes the engine. */
class Known<T> {
  readonly #items = new Map<string, T>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  values(): T[] {
    return [...this.#items.values()]
  }

  put(uid: string, item: T): void {
    this.#items.set(uid, item)
  }

  remove(uid: string): void {
    if (this.#items.delete(uid)) this.#changed()
  }

  retainOnly(uids: ReadonlySet<string>): void {
    for (const uid of this.#items.keys()) if (!uids.has(uid)) this.remove(uid)
  }
}

/** Policies, pods and namespaces → desired states and the policies' statuses, after each change. */
export class PolicyEngine {
  readonly namespaces = new Known<{ name: string; labels: Labels }>(() => this.wake())
  readonly policies = new Known<Policy>(() => this.wake())
  readonly #pods: () => Iterable<PolicyPod>
  readonly #ports: PolicyPorts
  readonly #said = new Map<string, readonly ContainerStatus[]>()
  readonly #written = new Map<string, OomPolicyStatus>()
  #wake = Promise.withResolvers<void>()

  constructor(pods: () => Iterable<PolicyPod>, ports: PolicyPorts) {
    this.#pods = pods
    this.#ports = ports
  }

  wake(): void {
    this.#wake.resolve()
  }

  noteStatus(token: string, containers: readonly ContainerStatus[]): void {
    if (isDeepStrictEqual(this.#said.get(token), containers)) return
    this.#said.set(token, containers)
    this.wake()
  }

  /** Decides after each change, for ever. @throws ProgramError with retry; the signal's reason. */
  async run(bucket: DesiredBucket, signal: AbortSignal): Promise<never> {
    const stored = await bucket.readAll()
    for (;;) {
      signal.throwIfAborted()
      this.#wake = Promise.withResolvers()
      await this.#decide(bucket, stored)
      this.#ports.settled()
      await this.#wake.promise
      await sleep(SETTLE_MS, undefined, { signal })
    }
  }

  async #decide(bucket: DesiredBucket, stored: Map<string, string>): Promise<void> {
    const namespaces = new Map(this.namespaces.values().map(({ name, labels }) => [name, labels]))
    const policies = this.policies.values()
    const { desired, matches } = decide(policies, this.#pods(), namespaces)
    const gone = new Set(stored.keys())
    for (const [node, containers] of desired) {
      const token = nodeToken(node)
      gone.delete(token)
      const state = encodeDesiredState({ version: 1, node, containers: containers.slice(0, MAX_DESIRED_CONTAINERS) })
      if (stored.get(token) === state) continue
      await bucket.put(token, state)
      stored.set(token, state)
    }
    for (const token of gone) {
      await bucket.delete(token)
      stored.delete(token)
    }
    // A node is heard about its own containers only.
    const said = new Map<string, ContainerStatus>()
    for (const [node, containers] of desired) {
      const own = new Set(containers.map(({ containerId }) => containerId))
      for (const status of this.#said.get(nodeToken(node)) ?? []) {
        if (own.has(status.containerId)) said.set(status.containerId, status)
      }
    }
    const names = new Set(policies.map(({ name }) => name))
    for (const name of this.#written.keys()) if (!names.has(name)) this.#written.delete(name)
    for (const policy of policies) {
      const match = matches.get(policy.name)
      if (match === undefined) continue
      const compute = (before: OomPolicyStatus | undefined): OomPolicyStatus =>
        policyStatus(policy, match, said, before, this.#ports.now())
      const before = this.#written.get(policy.name)
      if (before !== undefined && isDeepStrictEqual(compute(before), before)) continue
      let next: OomPolicyStatus | undefined
      await this.#ports.writeStatus(policy.name, (status) => (next = compute(status)))
      if (next !== undefined) this.#written.set(policy.name, next)
    }
  }
}
