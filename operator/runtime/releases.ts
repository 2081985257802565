import { nodesBehind, type NodeWord } from '../policies/release.ts'
import type { Policy } from '../policies/selection.ts'
import type { DesiredStates } from './desiredStates.ts'

/** A deleted policy waits this long for its nodes at most: one that is down must not keep it for ever. */
const RELEASE_LIMIT_MS = 60_000

/** A deleted policy on its way out. */
interface Releasing {
  sinceMs: number
  /** Tokens of the nodes where it set scores. */
  nodes: readonly string[]
  /** For each of them the first state without the policy, once it is written. */
  needed?: ReadonlyMap<string, number>
}

/** Deleted policies that wait for their nodes. */
export class Releases {
  readonly #said: ReadonlyMap<string, NodeWord>
  readonly #releasing = new Map<string, Releasing>()

  /** @param said what each node said last */
  constructor(said: ReadonlyMap<string, NodeWord>) {
    this.#said = said
  }

  get size(): number {
    return this.#releasing.size
  }

  /** Before the states without the policy are written. */
  begin({ name }: Policy, states: DesiredStates, nowMs: number): void {
    if (!this.#releasing.has(name)) this.#releasing.set(name, { sinceMs: nowMs, nodes: states.nodesOf(name) })
  }

  /**
   * After they are written, and once it is known what the nodes said last.
   * @returns undefined while the policy has to wait, else the nodes that it waits for no more
   */
  due(policy: Policy, states: DesiredStates, nowMs: number): string[] | undefined {
    const releasing = this.#releasing.get(policy.name)
    if (releasing === undefined) return undefined
    const nodes = [...releasing.nodes, ...this.#nodesWith(policy)]
    releasing.needed ??= new Map(nodes.map((token) => [token, states.revisionOf(token)]))
    const behind = nodesBehind(releasing.needed, this.#said)
    return behind.length > 0 && nowMs - releasing.sinceMs < RELEASE_LIMIT_MS ? undefined : behind
  }

  end({ name }: Policy): void {
    this.#releasing.delete(name)
  }

  /** Nodes that say that the policy set something there, by what an earlier operator wrote too, or that give something back. */
  #nodesWith({ uid }: Policy): string[] {
    const saying = [...this.#said].filter(([, word]) => {
      if ((word.restoring ?? 0) > 0) return true
      const rule = word.rules.findIndex((one) => one.uid === uid)
      return word.containers.some(({ outcomes }) =>
        outcomes.some((one) => one.rule === rule && one.outcome !== 'would' && one.outcome !== 'skipped'),
      )
    })
    return saying.map(([token]) => token)
  }
}
