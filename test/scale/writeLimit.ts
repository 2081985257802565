import { Explainer } from '../../operator/runtime/explainer.ts'
import { parsePod } from '../../operator/runtime/pod.ts'
import { ReportWriter } from '../../operator/runtime/reportWriter.ts'
import { resolveTarget, type Target } from '../../operator/runtime/resolveTarget.ts'
import { FakeReportStore } from '../../operator/testing/fakeReportStore.ts'
import type { ReportKey } from '../../operator/runtime/reportStore.ts'
import { API_VERSION } from '../../operator/api/killRecord.ts'
import { inParallel, type DirectApi } from './directApi.ts'
import { stormKill } from './killEvents.ts'
import { CONTAINER, planWorkload } from './population.ts'
import type { RunningPod } from './populate.ts'
import type { PlannedKill } from './stormPlan.ts'

/** Of the reports that only measure. */
export const LIMIT_NAMESPACE = 'write-limit'
const SAMPLED_WORKLOADS = 200
/** Fewer do not keep the apiserver busy: the writes of one report wait for each other. */
const MIN_REPORTS = 100
/** More bring no more: two cores are busy with fewer. */
const IN_FLIGHT = 16
const METADATA_ONLY = { metadataOnly: true }
const REPORTS = `/apis/${API_VERSION}/namespaces/${LIMIT_NAMESPACE}/oomreports`

interface RecordedReport {
  name: string
  spec: object
  statuses: readonly object[]
}

/** Keeps what the operator would send. */
class RecordingStore extends FakeReportStore {
  readonly sent: object[] = []

  override writeStatus(
    key: ReportKey,
    status: object,
    resourceVersion: string,
  ): ReturnType<FakeReportStore['writeStatus']> {
    this.sent.push(status)
    return super.writeStatus(key, status, resourceVersion)
  }
}

/**
 * What this apiserver takes, in writes of a status a second, of the storm's own writes: for one workload in so many, each second's
 * kills in one write made by the operator's own writer, sent with nothing else to do and sixteen in flight.
 */
export async function measureWriteLimit(
  api: DirectApi,
  kills: readonly PlannedKill[],
  pods: readonly RunningPod[],
): Promise<number> {
  const byWorkload = Map.groupBy(kills, ({ pod }) => pods[pod]?.workload ?? -1)
  const every = Math.ceil(byWorkload.size / SAMPLED_WORKLOADS)
  const sampled = [...byWorkload].toSorted(([a], [b]) => a - b).filter((_, at) => at % every === 0)
  const reports: RecordedReport[] = []
  const explainer = new Explainer(() => performance.now())
  for (let copy = 0; reports.length < MIN_REPORTS || countLong(reports) < IN_FLIGHT; copy++) {
    for (const [workload, its] of sampled)
      reports.push(await recordWrites(`sample-${workload}-${copy}`, its, pods, explainer))
  }
  // Else the longest would be written alone at the end; and there are enough of them to keep all places taken.
  reports.sort((a, b) => b.statuses.length - a.statuses.length)

  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: LIMIT_NAMESPACE } }
  await api.request('POST', '/api/v1/namespaces', namespace).catch(() => undefined)
  const versions = new Map<string, string>()
  await inParallel(reports, IN_FLIGHT, async ({ name, spec }) => {
    const body = { apiVersion: API_VERSION, kind: 'OOMReport', metadata: { name }, spec }
    versions.set(name, versionOf(await api.request('POST', REPORTS, body)))
  })
  const startMs = performance.now()
  await inParallel(reports, IN_FLIGHT, async ({ name, statuses }) => {
    for (const status of statuses) {
      const metadata = { name, namespace: LIMIT_NAMESPACE, resourceVersion: versions.get(name) }
      const body = { apiVersion: API_VERSION, kind: 'OOMReport', metadata, status }
      versions.set(name, versionOf(await api.request('PUT', `${REPORTS}/${name}/status`, body, METADATA_ONLY)))
    }
  })
  const seconds = (performance.now() - startMs) / 1000
  await api.request('DELETE', REPORTS)
  return reports.reduce((sum, { statuses }) => sum + statuses.length, 0) / seconds
}

/** Those with at least half as many writes as the one with the most. */
function countLong(reports: readonly RecordedReport[]): number {
  const lengths = reports.map(({ statuses }) => statuses.length)
  const most = Math.max(0, ...lengths)
  return lengths.filter((length) => length >= most / 2).length
}

const ignore = (): void => undefined

async function recordWrites(
  name: string,
  kills: readonly PlannedKill[],
  pods: readonly RunningPod[],
  explainer: Explainer,
): Promise<RecordedReport> {
  const store = new RecordingStore()
  const writer = new ReportWriter(
    store,
    { repaired: ignore, wrote: ignore, written: ignore, nodeWritten: ignore },
    () => new Date(),
  )
  let spec: object = {}
  let streamSequence = 0
  for (const second of Map.groupBy(kills, ({ atMs }) => Math.floor(atMs / 1000)).values()) {
    const group: { streamSequence: number; target: Target }[] = []
    for (const { pod } of second) {
      const target = await targetOf(pods[pod], ++streamSequence, explainer)
      spec = target.spec
      group.push({ streamSequence, target })
    }
    await writer.write({ stream: 'limit', settled: streamSequence - group.length, kills: group })
  }
  return { name, spec, statuses: store.sent }
}

async function targetOf(pod: RunningPod | undefined, sequence: number, explainer: Explainer): Promise<Target> {
  if (pod === undefined) throw new Error('expected a pod for each kill, got none')
  const event = stormKill(pod, '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60', sequence, new Date())
  const { uid, namespace, name, node, containerId, workload } = pod
  // All kills of a workload are in one report, as full as in the storm.
  const controller = { apiVersion: 'apps/v1', kind: 'Deployment', name: planWorkload(workload).deployment, uid: 'd' }
  const cached = parsePod({
    metadata: { uid, namespace, name, ownerReferences: [{ ...controller, controller: true }] },
    spec: { nodeName: node, containers: [{ name: CONTAINER }] },
    status: { containerStatuses: [{ name: CONTAINER, containerID: `containerd://${containerId}` }] },
  })
  const target = await resolveTarget(event, {
    now: new Date(),
    findPod: () => cached,
    namespaceOf: () => namespace,
    getOwner: () => Promise.resolve({ kind: 'unreadable', reason: 'Gone' }),
    explain: (killed, isVisible) => explainer.explain(killed, isVisible),
  })
  if (target.kind === 'reject') throw new Error(`expected a report for a planned kill, got: ${target.reason}`)
  return target
}

/** Of the object itself: in an answer's JSON it comes first. */
function versionOf(object: string): string {
  const version = /"resourceVersion":"(\d+)"/.exec(object)?.[1]
  if (version === undefined) throw new Error(`expected an object with a resourceVersion, got ${object.slice(0, 100)}`)
  return version
}
