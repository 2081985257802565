import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'
import { nodeOomReportStatus } from '../../operator/api/nodeOomReport.ts'
import { oomReportStatus } from '../../operator/api/oomReport.ts'
import { BOOT_ID } from '../../operator/testing/killEvents.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { applyCrds } from '../support/stack.ts'
import { OperatorWorld, inPod } from './operatorWorld.ts'

/** Half an hour ago: within the trend of the day. */
const KILLED_AT = new Date(Date.now() - 1_800_000).toISOString()

let world: OperatorWorld

beforeAll(async () => {
  world = await OperatorWorld.start()
}, 120_000)

afterAll(async () => {
  await world.endOperators()
  await world.dispose()
})

/** A kind as it takes what another build wrote: nothing has to be there but what tells conditions apart. */
async function applyLenient(plural: string): Promise<void> {
  const crd = load(
    readFileSync(new URL(`../../charts/oomkeeper/files/crds/oomkeeper.io_${plural}.yaml`, import.meta.url), 'utf8'),
  )
  const lenient = JSON.stringify(crd, (key, value: unknown) =>
    key === 'required' && !(value as string[]).includes('lastTransitionTime') ? undefined : value,
  )
  await world.api.kubectl(['apply', '--server-side', '-f', '-'], { stdin: lenient })
  await world.api.kubectl(['wait', '--for=condition=Established', '--timeout=30s', `crd/${plural}.oomkeeper.io`])
}

async function store(kind: string, metadata: { name: string; namespace?: string }, spec: object, status: object) {
  await world.apply({ apiVersion: 'oomkeeper.io/v1alpha1', kind, metadata, spec })
  const within = metadata.namespace === undefined ? [] : ['-n', metadata.namespace]
  const patch = JSON.stringify({ status })
  await world.api.kubectl([
    'patch',
    kind,
    metadata.name,
    ...within,
    '--subresource=status',
    '--type=merge',
    '-p',
    patch,
  ])
}

const kill = {
  time: KILLED_AT,
  seenAt: KILLED_AT,
  node: 'node-a',
  bootId: BOOT_ID,
  sequence: 41,
  victimPid: 77,
  victimCommand: 'old',
  scope: 'ContainerLimit',
  source: 'kmsg',
}
const last = { time: KILLED_AT, victim: 'old(77)', node: 'node-a', scope: 'ContainerLimit' }
const counts = { observedGeneration: 1, firstSeen: KILLED_AT, lastSeen: KILLED_AT, byScope: { ContainerLimit: 7 } }
const watermark = { stream: 'another', sequence: 7 }
const ready = {
  type: 'Ready',
  status: 'True',
  reason: 'Counted',
  message: 'all kills are counted',
  lastTransitionTime: KILLED_AT,
  observedGeneration: 1,
}

describe('reports of the first build, which had no trend, no counts by command and one condition', () => {
  it('stay, are brought to this version before any kill comes, and go on counting', async () => {
    for (const plural of ['oomreports', 'nodeoomreports']) await applyLenient(plural)
    await world.makeController('apps/v1', 'StatefulSet', 'web')
    const pod = await world.makePod({ name: 'web-0', owner: 'StatefulSet/web' })
    const name = 'statefulset.web.app'
    const spec = { workload: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web' }, container: 'app' }
    const decided = { hidden: 'Yes', hiddenReason: 'NotReported', decidedAt: KILLED_AT }
    await store('OOMReport', { name, namespace: 'shop' }, spec, {
      ...counts,
      workload: 'StatefulSet/web',
      kills: 7,
      hiddenKills: 6,
      reportedKills: 0,
      byNode: { 'node-a': 7 },
      last: { ...last, hidden: 'Yes' },
      lastKills: [{ ...kill, podName: 'web-0', ...decided }],
      undecided: [],
      watermark,
      conditions: [ready],
    })
    await store(
      'NodeOOMReport',
      { name: 'node-a' },
      { node: 'node-a' },
      {
        ...counts,
        kills: 7,
        withoutVictim: 0,
        byReason: { OutsidePod: 7 },
        last: { ...last, reason: 'OutsidePod' },
        lastKills: [{ ...kill, reason: 'OutsidePod' }],
        watermark,
        conditions: [ready],
      },
    )
    await applyCrds(world.api.kubectl)
    const { program } = await world.readyOperator()
    const isCurrent = async (): Promise<true | undefined> => {
      const [report, node] = [await world.report(name), await world.nodeReport('node-a')]
      return (oomReportStatus.safeParse(report).success && nodeOomReportStatus.safeParse(node).success) || undefined
    }
    await waitUntil('the reports to be of this version', isCurrent, { deadlineMs: 30_000, everyMs: 200 })
    const before = await world.report(name)
    expect(before).toMatchObject({ kills: 7, hiddenKills: 6, killsLastDay: 1, byCommand: { '(other)': 7 } })
    expect(before?.conditions.map(({ type }) => type)).toEqual(['Ready', 'Active', 'Recurring', 'LimitTooLow'])
    expect(await world.nodeReport('node-a')).toMatchObject({ kills: 7, byCommand: { '(other)': 7 } })
    await program.said('what could not be read was made anew')
    await world.publishKills(2, inPod(pod))
    const after = await world.untilKills(name, 9)
    expect(after).toMatchObject({ kills: 9, byNode: { 'node-a': 9 }, byCommand: { '(other)': 7, eater: 2 } })
    await world.publishKills(1, { attribution: { source: 'dump', cgroupPath: '/system.slice/cron.service' } })
    const counted = async () => ((await world.nodeReport('node-a'))?.kills === 8 ? true : undefined)
    await waitUntil('the kill outside of pods', counted, { deadlineMs: 15_000, everyMs: 200 })
  }, 120_000)
})
