import { memoryCgroupRoot } from '#program/adapters/cgroupFiles.ts'
import type { Cluster } from '../cluster/attach.ts'
import { listClusterCgroups, readCgroupHierarchies } from '../cluster/host/cgroups.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { steadyPodManifest } from '../support/steadyPods.ts'
import { observeStart, type ScoredStart } from './startObserver.ts'

const SCORE = 800
const LABELS = { bench: 'score' }
const DEADLINE_MS = 30_000

/** New pods of a policy, one after the other: when each has its score. */
export async function measureScores(
  { kubectl }: Cluster,
  namespace: string,
  pods: number,
): Promise<readonly ScoredStart[]> {
  const spec = {
    podSelector: { matchLabels: LABELS },
    oomScoreAdj: { value: SCORE },
    mode: 'Enforce',
    allowCrossQoS: true,
  }
  const policy = { apiVersion: 'oomkeeper.io/v1alpha1', kind: 'OOMPolicy', metadata: { name: 'bench' }, spec }
  await kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(policy) })
  const root = memoryCgroupRoot('/sys/fs/cgroup')
  const memory = readCgroupHierarchies().filter((hierarchy) => hierarchy.root === root)
  const starts: ScoredStart[] = []
  for (let index = 0; index < pods; index++) {
    const name = `score-${index}`
    const manifest = JSON.stringify(steadyPodManifest(namespace, { name, labels: LABELS }))
    const applied = await kubectl(['apply', '-o', 'json', '-f', '-'], { stdin: manifest })
    const { uid } = (JSON.parse(applied) as { metadata: { uid: string } }).metadata
    // The kubelet makes it before the pod's sandbox, a good while before the container.
    const findFolder = () => listClusterCgroups(memory).find((path) => path.endsWith(`/pod${uid}`))
    const folder = await waitUntil(`the cgroup of ${name}`, findFolder, { deadlineMs: DEADLINE_MS, everyMs: 10 })
    starts.push(observeStart(folder, name, SCORE, DEADLINE_MS))
    await kubectl(['delete', 'pod', '-n', namespace, name, '--wait=false'])
  }
  await kubectl(['delete', 'oompolicy', 'bench'], { timeoutMs: 90_000 })
  return starts
}
