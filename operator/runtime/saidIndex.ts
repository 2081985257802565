import type { NodeDesired } from '../policies/nodeDesired.ts'
import type { SaidOfContainer } from '../policies/outcomeTally.ts'
import type { NodeWord } from '../policies/release.ts'

/** What nodes said last of containers, by their ids. A node is heard about its own containers only. */
export class SaidIndex {
  readonly #said = new Map<string, SaidOfContainer>()
  /** The word of each node as it was taken in, and the containers that it is heard about. */
  readonly #nodes = new Map<string, { word: NodeWord; ids: readonly string[] }>()

  get all(): ReadonlyMap<string, SaidOfContainer> {
    return this.#said
  }

  /** Nodes of which something is known. */
  get nodes(): Iterable<string> {
    return this.#nodes.keys()
  }

  /** As it was taken in: a node may have said something else since. */
  wordOf(node: string): NodeWord | undefined {
    return this.#nodes.get(node)?.word
  }

  /** @param desired what the node is told; undefined where it is told nothing any more */
  put(node: string, desired: NodeDesired | undefined, word: NodeWord | undefined): void {
    for (const id of this.#nodes.get(node)?.ids ?? []) if (this.#said.get(id)?.node === node) this.#said.delete(id)
    this.#nodes.delete(node)
    if (desired === undefined || word === undefined) return
    const own = new Set(desired.containers.map(({ containerId }) => containerId))
    const heard = word.containers.filter(({ containerId }) => own.has(containerId))
    for (const container of heard) this.#said.set(container.containerId, { node, word, container })
    this.#nodes.set(node, { word, ids: heard.map(({ containerId }) => containerId) })
  }
}
