import { setTimeout as sleep } from 'node:timers/promises'
import { HOG_IMAGE } from '../cluster/images/importImages.ts'
import { onNode } from '../support/workload.ts'
import { untilComplete } from './agentMetrics.ts'
import type { E2eWorld } from './e2eWorld.ts'
import { killInService, type NodeHands } from './nodeHands.ts'

export const STORM_NAMESPACE = 'e2e-storm'
const EVERY_MS = 1_000
/** More than any chapter takes. */
const CHILDREN = 3_600

/** A container whose children die, one each second: Kubernetes shows none of it. With cgroup v2 it would die whole. */
function nursery(node: string): object {
  const args = ['--in=child', '--name=e2e-child', '--mib=200', `--repeat=${CHILDREN}`, `--every=${EVERY_MS}ms`]
  const resources = { requests: { memory: '16Mi' }, limits: { memory: '32Mi' } }
  const container = { name: 'app', image: HOG_IMAGE, imagePullPolicy: 'Never', args, resources }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'nursery', namespace: STORM_NAMESPACE },
    spec: { ...onNode(node), terminationGracePeriodSeconds: 1, containers: [container] },
  }
}

/**
 * Has both kernels kill about once a second while something is done, in a pod and outside of any; then waits until every kill is
 * in a report, once, and both agents account for all.
 * @param nodes those where there is killing outside of pods
 */
export async function whileKilling(
  world: E2eWorld,
  work: () => Promise<void>,
  nodes: readonly NodeHands[] = world.nodes,
): Promise<void> {
  const { cluster, story, tally, evidence } = world
  await world.makeNamespace(STORM_NAMESPACE)
  await world.apply(nursery(cluster.node))
  const end = new AbortController()
  const storms = nodes.map(async (node) => {
    while (!end.signal.aborted) {
      await killInService(node, `e2e-storm-${process.pid}`)
      await sleep(EVERY_MS)
    }
  })
  const before = await tally.read()
  try {
    await Promise.race([work(), ...storms])
  } finally {
    end.abort()
    await Promise.allSettled(storms)
    await cluster.kubectl(['delete', 'pod', 'nursery', '-n', STORM_NAMESPACE, '--ignore-not-found'])
  }
  await Promise.all(storms) // One that has failed says why.
  const after = await tally.untilTold(evidence)
  await untilComplete(world)
  const kills = Object.entries(after.grown).map(([node, count]) => `${count - (before.grown[node] ?? 0)} on ${node}`)
  story.say(`   kills meanwhile: ${kills.join(', ')}; each in a report, once`)
}
