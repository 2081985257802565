import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { API_VERSION } from '../../operator/api/killRecord.ts'
import type { OomPolicyStatus } from '../../operator/api/oomPolicy.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { DesiredWrites } from './desiredWrites.ts'
import { readCpuSeconds } from './operatorGauges.ts'
import { PolicyNodes } from './policyNodes.ts'
import { ScaleWorld } from './scaleWorld.ts'
import { FULL } from './sizes.ts'

export interface PolicySizes {
  nodes: number
  pods: number
  workloads: number
  /** How long nothing may be written for. */
  idleS: number
}

export const FULL_POLICIES: PolicySizes = { nodes: 1_000, pods: 10_000, workloads: 400, idleS: 60 }

/** From a write of the policy until each node has read what it says, and until its status says that they applied it. */
interface Spread {
  outS: number
  statusS: number
  cpuS: number
  nodeWrites: number
}

export interface PolicyResult {
  sizes: PolicySizes
  created: Spread
  changed: Spread
  /** Nodes whose state was written after one pod had other labels. */
  podWrites: number
  podCpuS: number
  idleNodeWrites: number
  idleApiWrites: number
  idleCpuS: number
}

const PATH = `/apis/${API_VERSION}/oompolicies`
const NAME = 'batch-first'
const DEADLINE_MS = 120_000
/** After a status is right others may follow: of the processes, say. */
const SETTLED_MS = 35_000

/** A policy for every pod of a large cluster: created, changed, one pod less, and at rest. */
export async function runPolicies(sizes: PolicySizes, log: (line: string) => void): Promise<PolicyResult> {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-policy-nodes-'))
  const nodes = new PolicyNodes(folder)
  const world = await ScaleWorld.start(sizes.nodes, {}, nodes.live)
  try {
    await world.growTo({ ...FULL, ...sizes })
    const writes = new DesiredWrites(world.world.connection)
    const { pid } = world.operator.program
    const measure = async (what: string, score: number, write: () => Promise<unknown>): Promise<Spread> => {
      const [startMs, cpuS, before] = [performance.now(), readCpuSeconds(pid), writes.nodes.length]
      const seconds = (): number => (performance.now() - startMs) / 1000
      await write()
      const out = (): true | undefined => nodes.countWith(score) === sizes.pods || undefined
      await waitUntil(`${sizes.pods} containers to be told`, out, { deadlineMs: DEADLINE_MS, everyMs: 20 })
      const outS = seconds()
      const applied = async (): Promise<true | undefined> => {
        const { metadata, status } = await world.api.get<StoredPolicy>(`${PATH}/${NAME}`)
        return (status?.applied === sizes.pods && status.observedGeneration === metadata.generation) || undefined
      }
      await waitUntil('the status to say so', applied, { deadlineMs: DEADLINE_MS, everyMs: 50 })
      const spread = {
        outS,
        statusS: seconds(),
        cpuS: readCpuSeconds(pid) - cpuS,
        nodeWrites: writes.nodes.length - before,
      }
      log(`${what}: ${describeSpread(spread)}`)
      return spread
    }
    const created = await measure('created', 700, () => world.api.request('POST', PATH, policyOf(700)))
    const changed = await measure('changed', 800, () => world.api.request('PATCH', `${PATH}/${NAME}`, policyOf(800)))

    const [pod] = world.population.pods
    if (pod === undefined) throw new Error('expected pods, got none')
    const beforePod = { writes: writes.nodes.length, cpuS: readCpuSeconds(pid) }
    const path = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`
    await world.api.request('PATCH', path, { metadata: { labels: { policy: 'none' } } })
    const less = (): true | undefined => nodes.countWith(800) === sizes.pods - 1 || undefined
    await waitUntil('one container less to be told', less, { deadlineMs: DEADLINE_MS, everyMs: 20 })
    await sleep(2_000)
    const podCpuS = readCpuSeconds(pid) - beforePod.cpuS
    const podWrites = writes.nodes.length - beforePod.writes

    await sleep(SETTLED_MS)
    const before = { writes: writes.nodes.length, api: await readApiWrites(world), cpuS: readCpuSeconds(pid) }
    await sleep(sizes.idleS * 1000)
    const result = {
      sizes,
      created,
      changed,
      podWrites,
      podCpuS,
      idleNodeWrites: writes.nodes.length - before.writes,
      idleApiWrites: (await readApiWrites(world)) - before.api,
      idleCpuS: readCpuSeconds(pid) - before.cpuS,
    }
    log(
      `one pod: ${podWrites} keys, CPU ${podCpuS.toFixed(2)} s in 2 s; idle: CPU ${result.idleCpuS.toFixed(2)} s in ${sizes.idleS} s`,
    )
    return result
  } finally {
    await world.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What does not hold; how long it takes is no part of it. */
export function findWrongPolicies({ sizes, created, changed, ...rest }: PolicyResult): string[] {
  const expected = { created: sizes.nodes, changed: sizes.nodes, podWrites: 1, idleNodeWrites: 0, idleApiWrites: 0 }
  const got = { ...rest, created: created.nodeWrites, changed: changed.nodeWrites }
  return Object.entries(expected).flatMap(([what, count]) => {
    const found = got[what as keyof typeof expected]
    return found === count ? [] : [`${what}: expected ${count}, got ${found}`]
  })
}

export function policyFiguresOf({ sizes, created, changed, podWrites, ...idle }: PolicyResult): string {
  return [
    `nodes ${sizes.nodes}, pods ${sizes.pods}`,
    `created out ${created.outS.toFixed(1)} s, status ${created.statusS.toFixed(1)} s, CPU ${created.cpuS.toFixed(1)} s`,
    `changed out ${changed.outS.toFixed(1)} s, status ${changed.statusS.toFixed(1)} s, CPU ${changed.cpuS.toFixed(1)} s`,
    `one pod ${podWrites} key`,
    `idle ${sizes.idleS} s: ${idle.idleNodeWrites} keys, ${idle.idleApiWrites} API writes, CPU ${idle.idleCpuS.toFixed(2)} s`,
  ].join('; ')
}

interface StoredPolicy {
  metadata: { generation: number }
  status?: OomPolicyStatus
}

function describeSpread({ outS, statusS, cpuS, nodeWrites }: Spread): string {
  return `out after ${outS.toFixed(2)} s, ${nodeWrites} keys, status right after ${statusS.toFixed(2)} s, CPU ${cpuS.toFixed(2)} s`
}

function policyOf(value: number): object {
  const podSelector = { matchExpressions: [{ key: 'policy', operator: 'DoesNotExist' }] }
  // Containers without a limit, whose own value would be the highest: they are to be lowered all the same.
  const spec = { podSelector, oomScoreAdj: { value }, mode: 'Enforce', allowCrossQoS: true, allowUnlimited: true }
  return { apiVersion: API_VERSION, kind: 'OOMPolicy', metadata: { name: NAME }, spec }
}

/** Of what the operator writes, by the apiserver's own count: its kinds and Events. */
async function readApiWrites({ api }: ScaleWorld): Promise<number> {
  const metrics = await api.request('GET', '/metrics')
  let writes = 0
  for (const [, labels = '', value] of metrics.matchAll(/^apiserver_request_total\{([^}]*)\} (\S+)$/gm)) {
    const isOurs = labels.includes('group="oomkeeper.io"') || labels.includes('resource="events"')
    if (isOurs && /verb="(?:POST|PUT|PATCH|APPLY|DELETE)"/.test(labels)) writes += Number(value)
  }
  return writes
}
