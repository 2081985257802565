import { parseCandidateTable } from '../../operator/reports/parseCandidateTable.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import { listReports } from '../support/reports.ts'
import { fillSecondNode, hogPodManifest, readSecondNodeProcesses, type TwoNodes } from '../support/twoNodes.ts'
import { listManifest, namespaceManifest } from '../support/workload.ts'

/*
 * Two pods of one node of which the kernel takes one when the node's memory runs out: the same QoS class, requests and limits, and
 * all but the same size. oom_score counts in thousandths of the node's memory, 2 MiB here; a program's own memory differs by
 * as much from start to start. The critical one is three of them larger, so that without a policy it is the one.
 */
const OTHER_MIB = 450
const CRITICAL_MIB = OTHER_MIB + 6
const RESOURCES = { requests: { memory: '256Mi' }, limits: { memory: '640Mi' } }
export const PROTECTED = -500

export const NAMES = ['critical', 'other'] as const
export type Name = (typeof NAMES)[number]

const NAMESPACE = 'proof'
const POLICY = {
  apiVersion: 'oomkeeper.io/v1alpha1',
  kind: 'OOMPolicy',
  metadata: { name: 'critical-last' },
  spec: {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': NAMESPACE } },
    podSelector: { matchLabels: { tier: 'critical' } },
    oomScoreAdj: { value: PROTECTED },
    mode: 'Enforce',
  },
}

export interface Contest {
  cluster: TwoNodes
  product: InstalledProduct
}

export interface Round {
  withPolicy: boolean
  /** Who is started first, and holds its memory before the other one begins. */
  first: Name
}

export interface Outcome {
  died: Name
  /** Of both, before memory ran out. */
  oomScores: Record<Name, number>
  oomScoreAdjs: Record<Name, number>
  /** From the first byte that was taken to the kill line. */
  exhaustedAfterMs: number
}

/** One round: both pods anew, memory runs out, and the victim's report says what the kernel did. */
export async function runRound(contest: Contest, { withPolicy, first }: Round): Promise<Outcome> {
  const { cluster, product } = contest
  const { kubectl, second } = cluster
  const apply = (...items: readonly object[]) => kubectl(['apply', '-f', '-'], { stdin: listManifest(items) })
  await clear(contest)
  // A new one each time: it is taken back from a node whose memory runs out soon after, as here.
  await apply(namespaceManifest(NAMESPACE), ...(withPolicy ? [POLICY] : []))
  for (const name of NAMES.toSorted((a, b) => Number(b === first) - Number(a === first))) {
    await apply(podOf(name, second.name))
    const holds = async () => ((await kubectl(['logs', '-n', NAMESPACE, name])).includes('holding') ? true : undefined)
    await waitUntil(`${name} to hold its memory`, holds, { deadlineMs: 120_000, evidence: () => product.logs() })
  }
  const before = await untilReady(contest, withPolicy)
  const startedMs = performance.now()
  const kills = await fillSecondNode(second)
  const exhaustedAfterMs = performance.now() - startedMs
  // A process that is killed with its cgroup may have two lines, the second by one of its threads: who is left decides.
  const left = (await readSecondNodeProcesses(second, ...NAMES)).map(({ command }) => command)
  const died = NAMES.find((name) => name === kills[0]?.command)
  if (died === undefined || left.length !== 1 || left[0] === died)
    throw new Error(
      `expected one of critical and other to die, got kill lines for ${kills.map(({ command }) => command).join(', ')}; left: ${left.join(', ')}`,
    )
  if (!kills.some(({ lines }) => lines.some((line) => line.includes('constraint=CONSTRAINT_NONE'))))
    throw new Error(`expected a kill for the whole node, got: ${kills[0]?.lines.join('\n')}`)
  await untilReported(contest, died, kills[0]?.pid ?? 0, before.oomScoreAdjs)
  return { died, ...before, exhaustedAfterMs }
}

/** Both run, and the critical one has the policy's score where there is a policy. */
async function untilReady(
  { cluster: { kubectl, second }, product }: Contest,
  withPolicy: boolean,
): Promise<Pick<Outcome, 'oomScores' | 'oomScoreAdjs'>> {
  const ready = async () => {
    const found = await readSecondNodeProcesses(second, ...NAMES)
    const [critical, other] = NAMES.map((name) => found.find(({ command }) => command === name))
    if (critical === undefined || other === undefined) return undefined
    if (withPolicy !== (critical.oomScoreAdj === PROTECTED)) return undefined
    return {
      oomScores: { critical: critical.oomScore, other: other.oomScore },
      oomScoreAdjs: { critical: critical.oomScoreAdj, other: other.oomScoreAdj },
    }
  }
  const evidence = async () => `${await kubectl(['get', 'oompolicies', '-o', 'yaml'])}\n${await product.logs()}`
  return waitUntil('both processes and their scores', ready, { deadlineMs: 60_000, evidence })
}

/** Nothing of an earlier round. */
async function clear({ cluster: { kubectl } }: Contest): Promise<void> {
  await kubectl(['delete', 'oompolicy', POLICY.metadata.name, '--ignore-not-found'], { timeoutMs: 90_000 })
  await kubectl(['delete', 'pods', '-n', NAMESPACE, '--all', '--ignore-not-found', '--timeout=60s'], {
    timeoutMs: 70_000,
  })
}

export async function removeContest(contest: Contest): Promise<void> {
  await clear(contest)
  await contest.cluster.kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false'])
}

function podOf(name: Name, node: string): object {
  const mib = name === 'critical' ? CRITICAL_MIB : OTHER_MIB
  return hogPodManifest({
    namespace: NAMESPACE,
    name,
    node,
    command: name,
    mib,
    labels: { tier: name },
    resources: RESOURCES,
  })
}

/** The report of the pod that died says so: a kill for the whole node, both pods in line with the scores that they had. */
async function untilReported(
  { cluster: { kubectl }, product }: Contest,
  died: Name,
  pid: number,
  adjs: Outcome['oomScoreAdjs'],
): Promise<void> {
  let told = 'no report'
  const reported = async (): Promise<true | undefined> => {
    const report = (await listReports(kubectl, NAMESPACE)).find(({ spec }) => spec.workload.name === died)
    const kill = report?.status?.lastKills.find(({ victimPid }) => victimPid === pid)
    if (kill === undefined) return undefined
    told = JSON.stringify(kill, null, 2)
    const { isKernels = false, rows = [] } = parseCandidateTable(kill.candidates ?? '') ?? {}
    const inLine = NAMES.every((name) => rows.find(({ command }) => command === name)?.oomScoreAdj === adjs[name])
    return kill.scope === 'Node' && kill.podName === died && isKernels && inLine ? true : undefined
  }
  const evidence = async () => `${told}\n${await product.logs()}`
  await waitUntil(`${died}'s report to tell of process ${pid}`, reported, {
    deadlineMs: 60_000,
    everyMs: 250,
    evidence,
  })
}
