import { randomBytes } from 'node:crypto'
import type { Kubectl } from '../cluster/parts/kubectl.ts'

export interface OwnedPod {
  namespace: string
  /** The Deployment's name. */
  name: string
  container: string
  node: string
}

/** A Deployment, its ReplicaSet and its running pod, written by hand where no controller and no kubelet is. */
export async function createRunningPod(
  kubectl: Kubectl,
  { namespace, name, container, node }: OwnedPod,
): Promise<{ name: string; uid: string; containerId: string }> {
  const labels = { app: name }
  const template = { metadata: { labels }, spec: { containers: [{ name: container, image: 'app:1' }] } }
  const spec = { replicas: 1, selector: { matchLabels: labels }, template }
  const apply = async (object: object): Promise<string> => {
    const applied = await kubectl(['apply', '-o', 'json', '-f', '-'], { stdin: JSON.stringify(object) })
    return (JSON.parse(applied) as { metadata: { uid: string } }).metadata.uid
  }
  const ownedBy = (kind: string, owner: string, uid: string) => [
    { apiVersion: 'apps/v1', kind, name: owner, uid, controller: true },
  ]

  await apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: node } })
  const deployment = await apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec })
  const hash = '5d8f7c9b6'
  const replicaSet = `${name}-${hash}`
  const ownerReferences = ownedBy('Deployment', name, deployment)
  const replicaSetUid = await apply({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    spec,
    metadata: { name: replicaSet, namespace, ownerReferences },
  })
  const pod = `${replicaSet}-x2x4z`
  const uid = await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    spec: { ...template.spec, nodeName: node },
    metadata: {
      name: pod,
      namespace,
      labels: { ...labels, 'pod-template-hash': hash },
      ownerReferences: ownedBy('ReplicaSet', replicaSet, replicaSetUid),
    },
  })

  const containerId = randomBytes(32).toString('hex')
  const startedAt = new Date().toISOString().replace(/\.\d+/, '')
  const status = {
    phase: 'Running',
    containerStatuses: [
      {
        name: container,
        image: 'app:1',
        imageID: 'app:1',
        ready: true,
        restartCount: 0,
        containerID: `containerd://${containerId}`,
        state: { running: { startedAt } },
      },
    ],
  }
  await kubectl([
    'patch',
    'pod',
    pod,
    '-n',
    namespace,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status }),
  ])
  return { name: pod, uid, containerId }
}
