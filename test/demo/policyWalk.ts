import type { Cluster } from '../cluster/attach.ts'
import type { Kubectl } from '../cluster/parts/kubectl.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { scoreOf } from '../support/fakeContainer.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import { findSteadyProcess, steadyPodManifest, untilPodsRun } from '../support/steadyPods.ts'
import { listManifest, namespaceManifest } from '../support/workload.ts'
import type { Story } from './story.ts'

const NAMESPACE = 'nightly'
const PODS = [
  { name: 'reports', labels: { tier: 'batch' } },
  { name: 'exports', labels: { tier: 'batch' } },
  { name: 'ledger', labels: { tier: 'core' } },
]
const POLICY = {
  apiVersion: 'oomkeeper.io/v1alpha1',
  kind: 'OOMPolicy',
  metadata: { name: 'batch-first' },
  spec: {
    podSelector: { matchLabels: { tier: 'batch' } },
    oomScoreAdj: { value: 800 },
    mode: 'Enforce',
    allowCrossQoS: true,
  },
}

/** A policy makes two pods likelier victims than a third, and gives their scores back when it is deleted. */
export async function showPolicyWalk(story: Story, { kubectl }: Cluster, product: InstalledProduct): Promise<void> {
  story.step('A say in what the kernel takes next: two pods with the label tier=batch, and one without')
  await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']) // Of a demo that was kept.
  const manifest = listManifest([namespaceManifest(NAMESPACE), ...PODS.map((pod) => steadyPodManifest(NAMESPACE, pod))])
  story.show('kubectl apply -f nightly.yaml', await kubectl(['apply', '-f', '-'], { stdin: manifest }))
  const names = PODS.map(({ name }) => name)
  const uids = await untilPodsRun(kubectl, NAMESPACE, names)
  const scores = (): number[] => names.map((name) => scoreNow(uids[name], name))
  const before = scores()
  showScores(story, names, before)
  await showPolicies(story, kubectl)

  story.step('A policy: of these two the kernel shall rather take a process')
  const applied = await kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(POLICY) })
  story.show(
    'kubectl apply -f batch-first.yaml   # podSelector tier=batch, oomScoreAdj 800, mode Enforce, allowCrossQoS',
    applied,
  )
  const ready = ['wait', '--for=condition=Ready', '--timeout=60s', 'oompolicy/batch-first']
  story.show(`kubectl ${ready.join(' ')}`, await kubectl(ready, { timeoutMs: 70_000 }))
  await untilScores(scores, [800, 800, before[2] ?? 0], product)
  showScores(story, names, scores())
  await showPolicies(story, kubectl)

  story.step('Deleted, the policy is gone once every score is what it was')
  const removal = ['delete', 'oompolicy', 'batch-first']
  story.show(`kubectl ${removal.join(' ')}`, await kubectl(removal, { timeoutMs: 90_000 }))
  await untilScores(scores, before, product)
  showScores(story, names, scores())
  await showPolicies(story, kubectl)
}

function scoreNow(podUid: string | undefined, name: string): number {
  const process = findSteadyProcess(podUid ?? '', name)
  if (process === undefined) throw new Error(`expected a process of ${name}, got none`)
  return scoreOf(process.pid)
}

function showScores(story: Story, names: readonly string[], scores: readonly number[]): void {
  const rows = names.map((name, index) => `${name.padEnd(10)}${scores[index]}`)
  story.show('cat /proc/PID/oom_score_adj, of each pod’s process', rows.join('\n'))
}

async function showPolicies(story: Story, kubectl: Kubectl): Promise<void> {
  const policies = await kubectl(['get', 'oompolicies'])
  story.show('kubectl get oompolicies', policies === '' ? 'No resources found' : policies)
}

async function untilScores(
  scores: () => number[],
  wanted: readonly number[],
  product: InstalledProduct,
): Promise<void> {
  const probe = () => scores().join() === wanted.join() || undefined
  await waitUntil(`the scores ${wanted.join(', ')}`, probe, { deadlineMs: 10_000, evidence: () => product.logs() })
}
