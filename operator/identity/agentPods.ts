import type { RawPod } from '../runtime/pod.ts'

/** What a login is held against. */
export interface AgentPod {
  node: string
  addresses: readonly string[]
}

/** The pods of the namespace that the agents run in, by UID: of all others no address is kept. */
export class AgentPods {
  readonly #namespace: string
  readonly #pods = new Map<string, AgentPod>()

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  put(raw: RawPod): void {
    const { uid, namespace } = raw.metadata ?? {}
    if (uid !== undefined && namespace === this.#namespace) this.#pods.set(uid, parseAgentPod(raw))
  }

  remove(uid: string): void {
    this.#pods.delete(uid)
  }

  retainOnly(uids: ReadonlySet<string>): void {
    for (const uid of this.#pods.keys()) if (!uids.has(uid)) this.#pods.delete(uid)
  }

  find(uid: string): AgentPod | undefined {
    return this.#pods.get(uid)
  }
}

export function parseAgentPod({ spec, status }: RawPod): AgentPod {
  return { node: spec?.nodeName ?? '', addresses: (status?.podIPs ?? []).flatMap(({ ip }) => ip ?? []) }
}
