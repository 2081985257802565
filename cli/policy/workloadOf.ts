import type { CachedPod } from '../../operator/runtime/pod.ts'

/** As people know it, and as its report has it: of a ReplicaSet that a Deployment made, the Deployment. */
export function workloadOf({ name, controller, labels }: Pick<CachedPod, 'name' | 'controller' | 'labels'>): string {
  if (controller === undefined) return `Pod/${name}`
  const hash = labels['pod-template-hash']
  const isDeployments = controller.kind === 'ReplicaSet' && hash !== undefined && controller.name.endsWith(`-${hash}`)
  return isDeployments
    ? `Deployment/${controller.name.slice(0, -hash.length - 1)}`
    : `${controller.kind}/${controller.name}`
}
