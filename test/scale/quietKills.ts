import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '../cluster/process/wait.ts'
import { planWorkload } from './population.ts'
import type { ScaleWorld } from './scaleWorld.ts'

const EVERY_MS = 150
/** A report is written once a second: its next kill comes later, so that none waits for the one before. */
const REPORT_EVERY_MS = 1_500
const SEEN_WITHIN_MS = 30_000

/** From the publication of a kill's event by its node to its report in a watch of the reports, in ms, kill by kill. */
export async function measureQuietKills(
  { population, nodes, expected, writeWatch }: ScaleWorld,
  kills: number,
): Promise<number[]> {
  const samples: number[] = []
  const everyMs = Math.max(EVERY_MS, REPORT_EVERY_MS / population.podsOf.length)
  for (let kill = 0; kill < kills; kill++) {
    const pod = population.pods[(kill * 7_919) % population.pods.length]
    if (pod === undefined) throw new Error('expected pods, got none')
    const { namespace, reportName } = planWorkload(pod.workload)
    const key = `${namespace}/${reportName}`
    const from = writeWatch.writes.length
    const startMs = performance.now()
    const stored = nodes.kill(pod)
    expected.set(key, (expected.get(key) ?? 0) + 1)
    const seen = () => writeWatch.writes.slice(from).find((write) => write.key === key)
    const { atMs } = await waitUntil(`a kill to be seen in ${key}`, seen, { deadlineMs: SEEN_WITHIN_MS, everyMs: 2 })
    await stored
    samples.push(atMs - startMs)
    await sleep(everyMs)
  }
  return samples
}
