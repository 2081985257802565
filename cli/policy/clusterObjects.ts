import { formatCount } from '#kernel/explain/quantity.ts'
import { ProgramError, EXIT, messageOf } from '#program/errors.ts'
import { oomPolicyKind } from '../../operator/api/oomPolicy.ts'
import type { NodeFacts } from '../../operator/policies/clusterFacts.ts'
import type { Labels } from '../../operator/policies/labelSelector.ts'
import { parseNodeFacts, type RawNode } from '../../operator/policies/nodeFacts.ts'
import { parsePolicy, type RawPolicy } from '../../operator/policies/parsePolicy.ts'
import type { Policy } from '../../operator/policies/selection.ts'
import { parsePod, type CachedPod, type RawPod } from '../../operator/runtime/pod.ts'

/** What of a cluster policies are decided by. */
export interface ClusterObjects {
  pods: readonly CachedPod[]
  namespaces: ReadonlyMap<string, Labels>
  nodes: ReadonlyMap<string, NodeFacts>
  runtimeHandlers: ReadonlyMap<string, string>
  /** Those that are there already. */
  policies: readonly Policy[]
  /** What is not as in a cluster, as sentences. */
  notes: readonly string[]
}

interface RawObject {
  kind?: string
  metadata?: { name?: string; uid?: string; labels?: Labels }
  handler?: string
}

/** The label that the apiserver gives to each namespace. */
const NAME_LABEL = 'kubernetes.io/metadata.name'

/** Objects as the apiserver has them; kinds that nothing is decided by are passed over. @throws ProgramError ObjectsUnreadable */
export async function gatherClusterObjects(
  objects: AsyncIterable<unknown> | Iterable<unknown>,
): Promise<ClusterObjects> {
  const pods: CachedPod[] = []
  const namespaces = new Map<string, Labels>()
  const nodes = new Map<string, NodeFacts>()
  const runtimeHandlers = new Map<string, string>()
  const policies: Policy[] = []
  const notes: string[] = []
  for await (const object of objects) {
    const { kind, metadata, handler } = (object ?? {}) as RawObject
    const name = metadata?.name ?? ''
    try {
      if (kind === 'Pod') {
        const pod = parsePod(object as RawPod)
        if (pod !== undefined) pods.push(pod)
      } else if (kind === 'Namespace') namespaces.set(name, metadata?.labels ?? {})
      else if (kind === 'Node') nodes.set(name, parseNodeFacts(object as RawNode))
      else if (kind === 'RuntimeClass') runtimeHandlers.set(name, handler ?? name)
      else if (kind === oomPolicyKind.kind) {
        const policy = parsePolicy(object as RawPolicy, { name, uid: metadata?.uid ?? name }, () => false)
        if (policy === undefined)
          notes.push(`Policy ${name} of the cluster is of another version of the kind, and decides nothing here.`)
        else policies.push(policy)
      }
    } catch (error) {
      throw new ProgramError(`${kind} ${name}: expected it as the apiserver has it, got: ${messageOf(error)}`, {
        code: 'ObjectsUnreadable',
        retry: false,
        exitCode: EXIT.usage,
        cause: error,
      })
    }
  }
  const waiting = pods.filter(({ node }) => node === '').length
  if (waiting > 0)
    notes.push(`${formatCount(waiting, 'pod is', 'pods are')} bound to no node: nothing is decided there yet.`)
  const unknown = new Set(pods.map(({ namespace }) => namespace).filter((name) => !namespaces.has(name)))
  for (const name of unknown) namespaces.set(name, { [NAME_LABEL]: name })
  if (unknown.size > 0)
    notes.push(
      `Of ${unknown.size === 1 ? `namespace ${[...unknown][0]}` : `${unknown.size} namespaces`} the labels are not among the objects: taken to be its name's alone.`,
    )
  return { pods, namespaces, nodes, runtimeHandlers, policies, notes }
}
