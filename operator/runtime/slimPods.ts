import { isDeepStrictEqual } from 'node:util'
import type { Termination } from '../reports/decideHidden.ts'
import type { CachedContainer, CachedPod, ContainerMemory, PodMember } from './pod.ts'
import { setNewest } from './setNewest.ts'
import { SharedText } from './sharedText.ts'

/** Controllers whose newest pod is at hand to share with. */
const MAX_SIBLINGS = 10_000

const NO_TERMINATIONS: readonly Termination[] = []

/**
 * Makes pods small to remember: what pods have in common is kept once, and each object and list has just the room that it
 * needs. With full pods a cluster of 50,000 would take 800 MiB (`make bench-pods`).
 */
export class SlimPods {
  readonly #texts = new SharedText()
  readonly #members = new Map<string, PodMember>()
  readonly #memories = new Map<string, ContainerMemory>()
  /** The newest pod of a controller, by its UID: the next one is like it. Oldest first. */
  readonly #siblings = new Map<string, CachedPod>()

  /**
   * @param before The same pod as it was remembered, if it was.
   * @returns a pod that says the same.
   */
  slim(pod: CachedPod, before: CachedPod | undefined): CachedPod {
    const { controller } = pod
    const sibling = before ?? (controller && this.#siblings.get(controller.uid))
    const containers = pod.containers.map((container) => this.#slimContainer(container))
    // Of one literal, without spreads: V8 then gives the object no room to grow.
    const slim: CachedPod = {
      // Where it is a key already, the same string.
      uid: before?.uid ?? pod.uid,
      namespace: this.#texts.of(pod.namespace),
      name: pod.name,
      node: this.#texts.of(pod.node),
      controller: sameAs(controller, sibling?.controller),
      configHash: pod.configHash,
      containers,
      labels: sameAs(pod.labels, sibling?.labels),
      members: this.#slimMembers(pod.members, containers),
      qosClass: this.#shared(pod.qosClass),
      priorityClass: this.#shared(pod.priorityClass),
      runtimeClass: this.#shared(pod.runtimeClass),
      memoryLimit: this.#shared(pod.memoryLimit),
      createdSeconds: pod.createdSeconds,
    }
    if (controller !== undefined && slim.labels !== sibling?.labels)
      setNewest(this.#siblings, controller.uid, slim, MAX_SIBLINGS)
    return slim
  }

  #slimContainer({ id, name, type, terminations, restarts, memory }: CachedContainer): CachedContainer {
    return {
      id: flatText(id),
      name: this.#texts.of(name),
      type,
      terminations: terminations.length === 0 ? NO_TERMINATIONS : terminations,
      restarts,
      memory: memory && this.#slimMemory(memory),
    }
  }

  /** Most members are the containers that run: then they are the same objects, and the same list. */
  #slimMembers(members: readonly PodMember[], containers: readonly CachedContainer[]): readonly PodMember[] {
    const slim = members.map((member) =>
      member.id === undefined
        ? this.#waitingMember(member)
        : (containers.find(({ id, name }) => id === member.id && name === member.name) ?? member),
    )
    const same = slim.length === containers.length && slim.every((member, at) => member === containers[at])
    return same ? containers : slim
  }

  #waitingMember({ name, type, memory }: PodMember): PodMember {
    const slim = memory && this.#slimMemory(memory)
    const key = `${type}/${name}/${memory?.limit}/${memory?.request}`
    return remembered(this.#members, key, () => (slim === undefined ? { name, type } : { name, type, memory: slim }))
  }

  #slimMemory(memory: ContainerMemory): ContainerMemory {
    return remembered(this.#memories, `${memory.limit}/${memory.request}`, () => memory)
  }

  #shared(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.#texts.of(text)
  }
}

const MAX_REMEMBERED = 5_000

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const before = known.get(key)
  if (before !== undefined) return before
  if (known.size >= MAX_REMEMBERED) known.clear()
  const made = make()
  known.set(key, made)
  return made
}

function sameAs<T>(value: T, known: T | undefined): T {
  return known !== undefined && isDeepStrictEqual(value, known) ? known : value
}

/** A part of a string keeps all of it in memory; a container's id is cut from one that names the runtime too. */
function flatText(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}
