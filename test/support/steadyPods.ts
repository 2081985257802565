import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HOG_IMAGE } from '../cluster/images/importImages.ts'
import { listClusterCgroups, readCgroupHierarchies } from '../cluster/host/cgroups.ts'
import type { Kubectl } from '../cluster/parts/kubectl.ts'
import { identifyProcess, type ProcessIdentity } from '../cluster/process/identity.ts'
import { waitUntil } from '../cluster/process/wait.ts'

export interface SteadyPod {
  name: string
  labels: Readonly<Record<string, string>>
}

/** A pod of one process that stays as it is. Guaranteed, so that the kubelet gives it the lowest score of all pods. */
export function steadyPodManifest(namespace: string, { name, labels }: SteadyPod): object {
  const container = {
    name: 'app',
    image: HOG_IMAGE,
    imagePullPolicy: 'Never',
    args: ['--in=self', '--mib=8', `--name=${name}`],
    resources: { limits: { cpu: '100m', memory: '64Mi' } },
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { terminationGracePeriodSeconds: 1, containers: [container] },
  }
}

/** Waits until they run. @returns their UIDs by name. */
export async function untilPodsRun(
  kubectl: Kubectl,
  namespace: string,
  names: readonly string[],
): Promise<Record<string, string>> {
  const wanted = names.map((name) => `pod/${name}`)
  await kubectl(['wait', '--for=condition=Ready', '--timeout=60s', '-n', namespace, ...wanted], { timeoutMs: 70_000 })
  const { items } = JSON.parse(await kubectl(['get', 'pods', '-n', namespace, '-o', 'json'])) as {
    items: { metadata: { name: string; uid: string } }[]
  }
  return Object.fromEntries(items.map(({ metadata }) => [metadata.name, metadata.uid]))
}

/** The pod's own process, as this machine sees it; undefined while its container is being made. */
export function findSteadyProcess(podUid: string, name: string): ProcessIdentity | undefined {
  const [pod] = listClusterCgroups(readCgroupHierarchies()).filter((path) => path.endsWith(`/pod${podUid}`))
  if (pod === undefined) return undefined
  for (const container of readdirSync(pod, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const file = join(pod, container.name, 'cgroup.procs')
    for (const pid of existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number) : []) {
      if (readOrEmpty(`/proc/${pid}/comm`).trimEnd() === name) return identifyProcess(pid)
    }
  }
  return undefined
}

/** The next process of that pod, after another one has ended. */
export function untilNextProcess(podUid: string, name: string, before: ProcessIdentity): Promise<ProcessIdentity> {
  const probe = (): ProcessIdentity | undefined => {
    const found = findSteadyProcess(podUid, name)
    return found?.pid === before.pid ? undefined : found
  }
  return waitUntil(`the next process of ${name}`, probe, { deadlineMs: 60_000, everyMs: 5 })
}

/** Seconds since boot. */
export function readUptimeSeconds(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
