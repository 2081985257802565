import type { StatusReason } from '#contract/nodeStatus.ts'
import type { PodMember } from '../runtime/pod.ts'
import type { PolicyPod } from './selection.ts'

/** Running containers that a policy selects and whose nodes are not told of it, by the reason. */
export interface Refused extends StatusReason {
  containers: number
  /** A guard rail says so: it is as it should be. */
  isGuarded: boolean
}

/** The running containers that a policy selects, by their ids. */
export interface MatchPart {
  /** Those for which their nodes are told of it. */
  told: readonly string[]
  places: ReadonlyMap<string, ContainerPlace>
  /** Why the nodes of the others are not. */
  refusals: ReadonlyMap<string, StatusReason>
}

/** What one policy selects, whether or not another one decides there. */
export interface PolicyMatch extends MatchPart {
  pods: number
  containers: number
  /** By node. */
  parts: ReadonlyMap<string, MatchPart>
  /** Nodes that are told of it. */
  nodes: ReadonlySet<string>
  /** Nodes where it lets a container outlive more than it did. */
  protectingOn: ReadonlySet<string>
  refused: readonly Refused[]
}

export interface ContainerPlace {
  pod: PolicyPod
  /** By name. */
  container: string
}

/** What a policy selects on one node. */
export class NodeMatch implements MatchPart {
  isProtecting = false
  readonly places = new Map<string, ContainerPlace>()
  readonly refusals = new Map<string, StatusReason>()
  readonly refused = new Map<string, Refused>()
  #told: readonly string[] | undefined
  #pods = 0
  #lastPod: PolicyPod | undefined

  get pods(): number {
    return this.#pods
  }

  /** Of what is decided: asked for when nothing more comes. */
  get told(): readonly string[] {
    return (this.#told ??= [...this.places.keys()].filter((id) => !this.refusals.has(id)))
  }

  /** Called for one pod after the other. */
  selected(place: ContainerPlace, { id }: PodMember): void {
    if (id === undefined) return
    this.places.set(id, place)
    if (this.#lastPod !== place.pod) this.#pods++
    this.#lastPod = place.pod
  }

  refuse({ reason, message }: StatusReason, id: string | undefined, isGuarded = false): void {
    if (id === undefined) return
    this.refusals.set(id, { reason, message })
    addRefused(this.refused, { reason, message, containers: 1, isGuarded })
  }
}

/** What a policy selects on all nodes: put together when somebody asks, and anew only after a node's part is another one. */
export class NodeParts {
  readonly #parts = new Map<string, NodeMatch>()
  #whole: PolicyMatch | undefined

  get whole(): PolicyMatch {
    return (this.#whole ??= merge(this.#parts))
  }

  put(node: string, part: NodeMatch | undefined): void {
    if (part === undefined && !this.#parts.has(node)) return
    this.#whole = undefined
    if (part === undefined) this.#parts.delete(node)
    else this.#parts.set(node, part)
  }
}

/** The containers of all nodes are put together when somebody asks for them. */
function merge(all: ReadonlyMap<string, NodeMatch>): PolicyMatch {
  const parts = new Map(all)
  let [pods, containers] = [0, 0]
  const nodes = new Set<string>()
  const protectingOn = new Set<string>()
  const refused = new Map<string, Refused>()
  for (const [node, part] of parts) {
    pods += part.pods
    containers += part.places.size
    if (part.isProtecting) protectingOn.add(node)
    if (part.told.length > 0) nodes.add(node)
    for (const one of part.refused.values()) addRefused(refused, one)
  }
  const each = [...parts.values()]
  return {
    pods,
    containers,
    parts,
    nodes,
    protectingOn,
    refused: [...refused.values()],
    get told() {
      return each.flatMap(({ told }) => told)
    },
    get places() {
      return new Map(each.flatMap(({ places }) => [...places]))
    },
    get refusals() {
      return new Map(each.flatMap(({ refusals }) => [...refusals]))
    },
  }
}

function addRefused(known: Map<string, Refused>, one: Refused): void {
  const key = `${one.reason} ${one.message}`
  const { containers } = known.get(key) ?? { containers: 0 }
  known.set(key, { ...one, containers: containers + one.containers })
}
