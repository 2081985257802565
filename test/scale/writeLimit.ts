import { Explainer } from '../../operator/runtime/explainer.ts'
import { parsePod } from '../../operator/runtime/pod.ts'
import { ReportWriter } from '../../operator/runtime/reportWriter.ts'
import { resolveTarget, type Target } from '../../operator/runtime/resolveTarget.ts'
import { FakeReportStore } from '../../operator/testing/fakeReportStore.ts'
import type { ReportKey } from '../../operator/runtime/reportStore.ts'
import { API_VERSION } from '../../operator/api/killRecord.ts'
import { inParallel, type DirectApi } from './directApi.ts'
import { stormKill } from './killEvents.ts'
import { CONTAINER } from './population.ts'
import type { RunningPod } from './populate.ts'
import type { PlannedKill } from './stormPlan.ts'

/** Of the reports that only measure. */
export const LIMIT_NAMESPACE = 'write-limit'
const SAMPLED_WORKLOADS = 200
/** Fewer do not keep the apiserver busy: the patches of one report wait for each other. */
const MIN_REPORTS = 100
/** More bring no more: two cores are busy with fewer. */
const IN_FLIGHT = 16
const REPORTS = `/apis/${API_VERSION}/namespaces/${LIMIT_NAMESPACE}/oomreports`

interface RecordedReport {
  name: string
  spec: object
  patches: readonly object[]
}

/** Keeps what the operator would send. */
class RecordingStore extends FakeReportStore {
  readonly sent: object[] = []

  override patchStatus(
    key: ReportKey,
    patch: object,
    resourceVersion: string,
  ): ReturnType<FakeReportStore['patchStatus']> {
    this.sent.push(patch)
    return super.patchStatus(key, patch, resourceVersion)
  }
}

/**
 * What this apiserver takes, in status patches a second, of the storm's own patches: for one workload in so many, each second's
 * kills in one patch made by the operator's own writer, sent with nothing else to do and sixteen in flight.
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
  for (let copy = 0; reports.length < MIN_REPORTS; copy++) {
    for (const [workload, its] of sampled)
      reports.push(await recordPatches(`sample-${workload}-${copy}`, its, pods, explainer))
  }
  // Else the longest would be written alone at the end.
  reports.sort((a, b) => b.patches.length - a.patches.length)

  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: LIMIT_NAMESPACE } }
  await api.request('POST', '/api/v1/namespaces', namespace).catch(() => undefined)
  const versions = new Map<string, string>()
  await inParallel(reports, IN_FLIGHT, async ({ name, spec }) => {
    const body = { apiVersion: API_VERSION, kind: 'OOMReport', metadata: { name }, spec }
    versions.set(name, versionOf(await api.request('POST', REPORTS, body)))
  })
  const startMs = performance.now()
  await inParallel(reports, IN_FLIGHT, async ({ name, patches }) => {
    for (const status of patches) {
      const body = { metadata: { resourceVersion: versions.get(name) }, status }
      versions.set(name, versionOf(await api.request('PATCH', `${REPORTS}/${name}/status`, body)))
    }
  })
  const seconds = (performance.now() - startMs) / 1000
  await api.request('DELETE', REPORTS)
  return reports.reduce((sum, { patches }) => sum + patches.length, 0) / seconds
}

const ignore = (): void => undefined

async function recordPatches(
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
  return { name, spec, patches: store.sent }
}

async function targetOf(pod: RunningPod | undefined, sequence: number, explainer: Explainer): Promise<Target> {
  if (pod === undefined) throw new Error('expected a pod for each kill, got none')
  const event = stormKill(pod, '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60', sequence, new Date())
  const { uid, namespace, name, node, containerId } = pod
  const cached = parsePod({
    metadata: { uid, namespace, name },
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
