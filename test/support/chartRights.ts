import type { RenderedObject } from './helm.ts'

interface PodSpec {
  hostPID?: boolean
  hostNetwork?: boolean
  hostIPC?: boolean
  automountServiceAccountToken?: boolean
  containers: Container[]
  volumes?: { name: string; hostPath?: { path: string } }[]
}

interface Container {
  command?: string[]
  securityContext?: {
    privileged?: boolean
    allowPrivilegeEscalation?: boolean
    runAsUser?: number
    capabilities?: { add?: string[] }
  }
  volumeMounts?: { name: string; readOnly?: boolean }[]
}

interface Rule {
  apiGroups: string[]
  resources: string[]
  resourceNames?: string[]
  verbs: string[]
}

/** What a program may do on its node and at the apiserver, in words, each once: `agent: hostPID`, `operator: get pods`. */
export function rightsOf(objects: readonly RenderedObject[]): string[] {
  const rights = objects.flatMap((object) => {
    const { metadata } = object as { metadata: { labels?: Record<string, string> } }
    const component = metadata.labels?.['app.kubernetes.io/component'] ?? 'unknown'
    const spec = object['spec'] as { template?: { spec: PodSpec } } | undefined
    const pod = object.kind === 'Pod' ? (object['spec'] as PodSpec) : spec?.template?.spec
    const ofPod = pod === undefined ? [] : podRights(pod)
    const isRole = object.kind === 'Role' || object.kind === 'ClusterRole'
    const where = object.kind === 'Role' ? ' in its namespace' : ''
    const ofRole = isRole ? ((object['rules'] as Rule[] | undefined) ?? []).map((rule) => wordsOf(rule) + where) : []
    return [...ofPod, ...ofRole].map((right) => `${component}: ${right}`)
  })
  return [...new Set(rights)]
}

function podRights(pod: PodSpec): string[] {
  const ofHost = (['hostPID', 'hostNetwork', 'hostIPC'] as const).filter((field) => pod[field] === true)
  const token = pod.automountServiceAccountToken === false ? [] : ['a token for the apiserver']
  return [...ofHost, ...token, ...pod.containers.flatMap((container) => containerRights(container, pod))]
}

function containerRights({ command = [], securityContext = {}, volumeMounts = [] }: Container, pod: PodSpec): string[] {
  const { privileged = false, allowPrivilegeEscalation, runAsUser, capabilities } = securityContext
  const bounding = command.find((argument) => argument.startsWith('--bounding-set='))
  const kept = [...(bounding ?? '').matchAll(/\+(\w+)/g)].map(([, name = '']) => name.toUpperCase())
  const paths = volumeMounts.flatMap(({ name, readOnly = false }) => {
    const path = pod.volumes?.find((volume) => volume.name === name)?.hostPath?.path
    return path === undefined ? [] : [`${readOnly ? 'read' : 'write'} ${path}`]
  })
  return [
    ...(privileged ? ['privileged'] : []),
    ...(privileged || allowPrivilegeEscalation === false ? [] : ['privilege escalation']),
    ...(privileged && bounding === undefined ? ['every capability'] : []),
    ...(runAsUser === 0 ? ['user 0'] : []),
    ...[...kept, ...(capabilities?.add ?? [])].map((name) => `CAP_${name}`),
    ...paths,
  ]
}

function wordsOf({ apiGroups, resources, resourceNames = [], verbs }: Rule): string {
  const [group = ''] = apiGroups
  const names = resourceNames.length > 0 ? ` ${resourceNames.join(', ')}` : ''
  return `${verbs.join(', ')} ${resources.map((one) => (group === '' ? one : `${one}.${group}`)).join(', ')}${names}`
}
