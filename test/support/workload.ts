import { HOG_IMAGE } from '../cluster/images/importImages.ts'

export interface Eater {
  namespace: string
  name: string
  container: string
  /** What the kernel will call the process that eats: at most 15 bytes. */
  command: string
  limitMib: number
  /** Who eats: a child, which dies alone, or PID 1, which takes the container with it. */
  in: 'child' | 'self'
  delaySeconds?: number
  /** How many children, one after the other's death. */
  repeat?: number
  everyMs?: number
}

/** A Deployment of one pod that wants more memory than its container may have. */
export function eaterManifest(eater: Eater): object {
  const labels = { app: eater.name }
  const args = [
    `--in=${eater.in}`,
    `--name=${eater.command}`,
    `--mib=${eater.limitMib * 4}`,
    `--delay=${eater.delaySeconds ?? 0}s`,
    ...(eater.in === 'child' ? [`--repeat=${eater.repeat ?? 1}`, `--every=${eater.everyMs ?? 0}ms`] : []),
  ]
  const container = {
    name: eater.container,
    image: HOG_IMAGE,
    imagePullPolicy: 'Never',
    args,
    resources: { limits: { memory: `${eater.limitMib}Mi` } },
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: eater.name, namespace: eater.namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  }
}

/** Part of a pod's spec: where it runs. */
export function onNode(node: string): { nodeSelector: Record<string, string> } {
  return { nodeSelector: { 'kubernetes.io/hostname': node } }
}

export function namespaceManifest(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

/** Several objects as one document for `kubectl apply -f -`. */
export function listManifest(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}
