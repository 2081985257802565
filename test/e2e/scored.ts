import { HOG_IMAGE } from '../cluster/images/importImages.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { onNode } from '../support/workload.ts'
import type { E2eWorld } from './e2eWorld.ts'
import type { NodeHands } from './nodeHands.ts'

/*
 * A pod on each node that a policy raises: this machine lets nobody lower a score.
 */
const NAMESPACE = 'e2e-scored'
/** The most that a Burstable container may have; the kubelet gives it less. */
const RAISED = 999
const commandOn = (node: string): string => `scored-${node.slice(-1)}`

export const POLICY_NAME = 'e2e-first'

const POLICY = {
  apiVersion: 'oomkeeper.io/v1alpha1',
  kind: 'OOMPolicy',
  metadata: { name: POLICY_NAME },
  spec: { podSelector: { matchLabels: { app: 'scored' } }, oomScoreAdj: { value: RAISED }, mode: 'Enforce' },
}

function scoredPod(node: string): object {
  const command = commandOn(node)
  const resources = { requests: { memory: '64Mi' }, limits: { memory: '64Mi' } }
  const args = ['--in=self', '--mib=4', `--name=${command}`]
  const container = { name: 'app', image: HOG_IMAGE, imagePullPolicy: 'Never', args, resources }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: command, namespace: NAMESPACE, labels: { app: 'scored' } },
    spec: { ...onNode(node), terminationGracePeriodSeconds: 1, containers: [container] },
  }
}

/** oom_score_adj of the process with that name. */
async function readScore(node: NodeHands): Promise<number> {
  const said = await node.run(`for folder in /proc/[0-9]*; do
  read -r command < $folder/comm && [ "$command" = ${commandOn(node.name)} ] && cat $folder/oom_score_adj
done 2> /dev/null || true`)
  if (!/^-?\d+\n$/.test(said))
    throw new Error(`expected one process ${commandOn(node.name)} on ${node.name}, got: ${said}`)
  return Number(said)
}

/** By node. */
export type Scores = ReadonlyMap<string, number>

export const formatScores = (scores: Scores): string =>
  [...scores].map(([node, score]) => `${score} on ${node}`).join(', ')

export async function readScores({ nodes }: E2eWorld): Promise<Scores> {
  const scores = new Map<string, number>()
  for (const node of nodes) scores.set(node.name, await readScore(node))
  return scores
}

export async function untilScores(world: E2eWorld, wanted: Scores): Promise<void> {
  const { cluster, nodes, evidence } = world
  for (const node of nodes) {
    const set = async () => ((await readScore(node)) === wanted.get(node.name) ? true : undefined)
    const last = async () => `${await cluster.kubectl(['get', 'oomp', '-o', 'yaml'])}\n${await evidence()}`
    const what = `${commandOn(node.name)} to have ${wanted.get(node.name)}`
    await waitUntil(what, set, { deadlineMs: 60_000, everyMs: 500, evidence: last })
  }
}

/** Both pods, raised by a policy. @returns what they began with, and what they have */
export async function raiseScores(world: E2eWorld): Promise<{ original: Scores; raised: Scores }> {
  const { cluster, nodes } = world
  await world.makeNamespace(NAMESPACE)
  await world.apply(...nodes.map(({ name }) => scoredPod(name)))
  await cluster.kubectl(['wait', 'pods', '-n', NAMESPACE, '--all', '--for=condition=Ready', '--timeout=90s'], {
    timeoutMs: 100_000,
  })
  const original = await readScores(world)
  await world.apply(POLICY)
  const raised = new Map(nodes.map(({ name }) => [name, RAISED]))
  await untilScores(world, raised)
  return { original, raised }
}

export async function removeScored({ cluster }: E2eWorld): Promise<void> {
  await cluster.kubectl(['delete', 'oompolicy', POLICY_NAME, '--ignore-not-found'], { timeoutMs: 90_000 })
  await cluster.kubectl(['delete', 'pods', '-n', NAMESPACE, '--all', '--timeout=60s'], { timeoutMs: 70_000 })
}
