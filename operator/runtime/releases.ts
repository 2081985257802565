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
  /** It was on its way out when this operator began: the one before may have written states without it. */
  isInherited: boolean
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
  begin({ name }: Policy, states: DesiredStates, nowMs: number, isInherited: boolean): void {
    if (this.#releasing.has(name)) return
    this.#releasing.set(name, { sinceMs: nowMs, nodes: states.nodesOf(name), isInherited })
  }

  /**
   * After they are written, and once it is known what the nodes said last.
   * @returns undefined while the policy has to wait, else the nodes that it waits for no more
   */
  due(policy: Policy, states: DesiredStates, nowMs: number): string[] | undefined {
    const releasing = this.#releasing.get(policy.name)
    if (releasing === undefined) return undefined
    const isOverdue = nowMs - releasing.sinceMs >= RELEASE_LIMIT_MS
    const saying = this.#nodesWith(policy)
    if (releasing.needed === undefined) {
      const isKnown = (token: string): boolean => this.#revisionSaid(token) <= states.revisionOf(token)
      const tokens = releasing.isInherited ? [...this.#said.keys()] : []
      // What the operator before wrote there last is looked up first.
      if (!isOverdue && !tokens.every(isKnown)) return undefined
      const behind = tokens.filter((token) => this.#revisionSaid(token) < states.revisionOf(token))
      const nodes = [...releasing.nodes, ...saying, ...behind]
      releasing.needed = new Map(nodes.map((token) => [token, states.revisionOf(token)]))
    }
    const left = [...new Set([...nodesBehind(releasing.needed, this.#said), ...saying])].toSorted()
    return left.length > 0 && !isOverdue ? undefined : left
  }

  #revisionSaid(token: string): number {
    return this.#said.get(token)?.desiredRevision ?? 0
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
