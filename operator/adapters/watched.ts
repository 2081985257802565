import { API_VERSION } from '../api/killRecord.ts'
import { oomPolicyKind } from '../api/oomPolicy.ts'
import type { AgentPods } from '../identity/agentPods.ts'
import { parsePod, type RawPod } from '../runtime/pod.ts'
import type { PodStore } from '../runtime/podStore.ts'
import type { PolicyEngine } from '../runtime/policyEngine.ts'
import { parseNodeFacts, type RawNode } from '../policies/nodeFacts.ts'
import { parsePolicy, type RawPolicy } from '../policies/parsePolicy.ts'
import { FINALIZER } from './policyFinalizer.ts'
import type { Watched } from './objectWatch.ts'

interface RawObject {
  metadata?: { uid?: string; name?: string; labels?: Record<string, string> }
}

/** Who hears of pods that are others than before. */
export interface PodHearing {
  /** On these nodes. */
  wakeNodes(nodes: readonly string[]): void
  /** Anywhere. */
  wake(): void
}

/** @param agentPods Those that logins are held against, where this operator answers them. */
export function watchedPods(pods: PodStore, hearing: PodHearing, agentPods?: AgentPods): Watched {
  return {
    path: '/api/v1/pods',
    part: 'pods',
    put(raw) {
      const pod = parsePod(raw as RawPod)
      agentPods?.put(raw as RawPod)
      if (pod === undefined) return undefined
      const before = pods.nodeOf(pod.uid)
      pods.put(pod)
      hearing.wakeNodes(before === undefined ? [pod.node] : [before, pod.node])
      return pod.uid
    },
    remove(uid) {
      const before = pods.nodeOf(uid)
      pods.remove(uid)
      agentPods?.remove(uid)
      if (before !== undefined) hearing.wakeNodes([before])
    },
    retainOnly(uids) {
      pods.retainOnly(uids)
      agentPods?.retainOnly(uids)
      hearing.wake()
    },
  }
}

/** Of a namespace its labels are kept. */
export function watchedNamespaces(engine: PolicyEngine): Watched {
  return {
    path: '/api/v1/namespaces',
    part: 'namespaces',
    put(raw) {
      const { uid, name, labels = {} } = (raw as RawObject).metadata ?? {}
      if (uid !== undefined && name !== undefined) engine.namespaces.put(uid, { name, labels })
      return uid
    },
    remove: (uid) => engine.namespaces.remove(uid),
    retainOnly: (uids) => engine.namespaces.retainOnly(uids),
  }
}

export function watchedPolicies(engine: PolicyEngine): Watched {
  return {
    path: `/apis/${API_VERSION}/${oomPolicyKind.plural}`,
    part: 'oompolicies',
    put(raw) {
      const { uid, name } = (raw as RawPolicy).metadata ?? {}
      if (uid === undefined || name === undefined) return undefined
      const policy = parsePolicy(raw as RawPolicy, { name, uid }, (finalizers) => finalizers.includes(FINALIZER))
      if (policy === undefined) engine.policies.remove(uid)
      else engine.policies.put(uid, policy)
      return uid
    },
    remove: (uid) => engine.policies.remove(uid),
    retainOnly: (uids) => engine.policies.retainOnly(uids),
  }
}

/** Of a node its memory is kept, and whether it is one. */
export function watchedNodes(engine: PolicyEngine): Watched {
  return {
    path: '/api/v1/nodes',
    part: 'nodes',
    put(raw) {
      const { uid, name } = (raw as RawObject).metadata ?? {}
      if (uid !== undefined && name !== undefined) engine.nodes.put(uid, { name, ...parseNodeFacts(raw as RawNode) })
      return uid
    },
    remove: (uid) => engine.nodes.remove(uid),
    retainOnly: (uids) => engine.nodes.retainOnly(uids),
  }
}

export function watchedRuntimeClasses(engine: PolicyEngine): Watched {
  return {
    path: '/apis/node.k8s.io/v1/runtimeclasses',
    part: 'runtimeclasses',
    put(raw) {
      const { metadata: { uid, name } = {}, handler } = raw as RawObject & { handler?: string }
      if (uid !== undefined && name !== undefined && handler !== undefined)
        engine.runtimeClasses.put(uid, { name, handler })
      return uid
    },
    remove: (uid) => engine.runtimeClasses.remove(uid),
    retainOnly: (uids) => engine.runtimeClasses.retainOnly(uids),
  }
}
