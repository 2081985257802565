import type { RankAnswer } from '#contract/rank.ts'
import type { NodeRanking } from '../api/nodeRanking.ts'
import type { CachedPod } from '../runtime/pod.ts'

/** Gives the processes of a ranking the names of their pods and containers. A node may speak of its own pods only. */
export function resolveRanking(
  answer: RankAnswer & { kind: 'ranking' },
  findPod: (uid: string, node: string) => CachedPod | undefined,
): NodeRanking {
  const { kind: _, tasks, ...about } = answer
  const { node } = about
  const candidates = tasks.map((task): NodeRanking['candidates'][number] => {
    const pod = task.podUid === undefined ? undefined : findPod(task.podUid, node)
    if (pod === undefined || pod.node !== node) return task
    const containerName = pod.containers.find(({ id }) => id === task.containerId)?.name
    return { ...task, namespace: pod.namespace, podName: pod.name, containerName }
  })
  return { ...about, candidates }
}
