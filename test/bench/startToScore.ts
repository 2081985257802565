import type { Cluster } from '../cluster/attach.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { scoreOf } from '../support/fakeContainer.ts'
import { findSteadyProcess, readUptimeSeconds, steadyPodManifest } from '../support/steadyPods.ts'

const SCORE = 800
const LABELS = { bench: 'score' }
const TICKS_PER_SECOND = 100

export interface StartToScore {
  /** From the start of the runtime's process, which becomes the container's, to the score; in ms, to 10 ms exactly. */
  startedMs: number[]
  /** How many had the score when their own program was first seen to run. */
  before: number
}

/** New pods of a policy, one after the other: when each has its score. */
export async function measureScores({ kubectl }: Cluster, namespace: string, pods: number): Promise<StartToScore> {
  const spec = {
    podSelector: { matchLabels: LABELS },
    oomScoreAdj: { value: SCORE },
    mode: 'Enforce',
    allowCrossQoS: true,
  }
  const policy = { apiVersion: 'oomkeeper.io/v1alpha1', kind: 'OOMPolicy', metadata: { name: 'bench' }, spec }
  await kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(policy) })
  const measured: StartToScore = { startedMs: [], before: 0 }
  for (let index = 0; index < pods; index++) {
    const name = `score-${index}`
    const manifest = JSON.stringify(steadyPodManifest(namespace, { name, labels: LABELS }))
    const applied = await kubectl(['apply', '-o', 'json', '-f', '-'], { stdin: manifest })
    const { uid } = (JSON.parse(applied) as { metadata: { uid: string } }).metadata
    const limits = { deadlineMs: 30_000, everyMs: 1 }
    const process = await waitUntil(`the process of ${name}`, () => findSteadyProcess(uid, name), limits)
    if (scoreOf(process.pid) === SCORE) measured.before++
    const raised = () => (scoreOf(process.pid) === SCORE ? readUptimeSeconds() : undefined)
    const raisedAt = await waitUntil(`the score of ${name}`, raised, limits)
    measured.startedMs.push((raisedAt - process.startTicks / TICKS_PER_SECOND) * 1_000)
    await kubectl(['delete', 'pod', '-n', namespace, name, '--wait=false'])
  }
  await kubectl(['delete', 'oompolicy', 'bench'], { timeoutMs: 90_000 })
  return measured
}
