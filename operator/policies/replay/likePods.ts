import type { PolicyPod } from '../selection.ts'
import type { Place } from './pastKill.ts'

/** What the apiserver puts behind a name that it makes up (k8s.io/apimachinery, pkg/util/rand): no vowels, no 0, 1 and 3. */
const GENERATED = /-[bcdfghjklmnpqrstvwxz2456789]{5}$/
/** Of a Deployment's template, a CronJob's run, or a place in a StatefulSet. */
const OF_OWNER = /-(?:[bcdfghjklmnpqrstvwxz2456789]{6,10}|\d{1,10})$/

/** `web-5d8f7c9b6-x2x4z` → `web`: what pods of one workload have in common, as their names are made. */
export function stemOf(podName: string): string {
  return podName.replace(GENERATED, '').replace(OF_OWNER, '')
}

/** Pods by name; one that is gone is taken for one of today's that is called alike. */
export class LikePods {
  readonly #pods: () => Iterable<PolicyPod>
  #byName: Map<string, PolicyPod> | undefined
  readonly #byStem = new Map<string, PolicyPod>()

  constructor(pods: () => Iterable<PolicyPod>) {
    this.#pods = pods
  }

  find(namespace: string, name: string): PolicyPod | undefined {
    this.#byName ??= this.#index()
    return this.#byName.get(`${namespace}/${name}`) ?? this.#byStem.get(`${namespace}/${stemOf(name)}`)
  }

  #index(): Map<string, PolicyPod> {
    const byName = new Map<string, PolicyPod>()
    for (const pod of this.#pods()) {
      byName.set(`${pod.namespace}/${pod.name}`, pod)
      this.#byStem.set(`${pod.namespace}/${stemOf(pod.name)}`, pod)
    }
    return byName
  }
}

/** A container that the pod has no more is one of its spec's. */
export function placeIn(pod: PolicyPod, container: string): Place {
  const member = pod.members.find(({ name }) => name === container) ?? { name: container, type: 'App' as const }
  return { pod, member }
}
