import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { API_VERSION } from '../../operator/api/killRecord.ts'
import { reduceNodeReport } from '../../operator/reports/reduceNodeReport.ts'
import { reduceReport } from '../../operator/reports/reduceReport.ts'
import { killsOf, nodeKillOf } from '../../operator/testing/killRecords.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { applyCrds } from '../support/stack.ts'
import { inPod, type OperatorWorld } from './operatorWorld.ts'
import { useOperatorWorld } from './useOperatorWorld.ts'

let world: OperatorWorld

useOperatorWorld((made) => {
  world = made
})

const HOURS = [...Array.from({ length: 20 }, () => 0), 4, 0, 0, 1]
const NODE_HOURS = HOURS.map((_kills, at) => (at === 20 ? 1 : 0))

/** The kinds as an earlier version had them: the hours of a trend were a list of numbers. */
async function applyEarlierKinds(): Promise<void> {
  for (const plural of ['oomreports', 'nodeoomreports']) {
    const file = new URL(`../../charts/oomkeeper/files/crds/oomkeeper.io_${plural}.yaml`, import.meta.url)
    const crd = JSON.stringify(load(readFileSync(file, 'utf8')))
    const kills = { type: 'array', items: { type: 'integer' }, maxItems: HOURS.length }
    const earlier = JSON.parse(crd, (name, value: { properties?: Record<string, object>; required?: string[] }) =>
      name === 'trend' && value.properties !== undefined
        ? { ...value, properties: { ...value.properties, kills }, required: ['hour', 'kills'] }
        : value,
    ) as object
    await world.api.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
      stdin: JSON.stringify(earlier),
    })
  }
}

async function store(kind: string, metadata: object, spec: object, status: object): Promise<void> {
  const { name, namespace = 'default' } = metadata as { name: string; namespace?: string }
  await world.apply({ apiVersion: API_VERSION, kind, metadata, spec })
  const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]
  const write = async (): Promise<true> => {
    await world.api.kubectl(['patch', kind.toLowerCase(), '-n', namespace, name, ...patch])
    return true
  }
  // The apiserver serves a changed kind a moment after it has taken it.
  await waitUntil(`the earlier ${kind} to be taken`, () => write().catch(() => undefined), { deadlineMs: 20_000 })
}

describe('reports of an earlier version, with a real kube-apiserver', () => {
  it('are counted on, and written in the form of this one when its kinds are there', async () => {
    const now = new Date()
    const context = { now, stream: 'earlier', generation: 1 }
    const at = { time: now.toISOString(), seenAt: now.toISOString() }
    await applyEarlierKinds()
    const report = reduceReport(undefined, killsOf(1, 5, at), { ...context, workload: 'Pod/old' })
    const { hour } = report.trend
    const trend = { hour, kills: HOURS }
    const workload = { apiVersion: 'v1', kind: 'Pod', name: 'old' }
    await store(
      'OOMReport',
      { name: 'pod.old.app', namespace: 'shop' },
      { workload, container: 'app' },
      { ...report, trend },
    )
    const reject = nodeKillOf(2, { ...at, reason: 'EventRejected', detail: 'no JSON' })
    const kill = nodeKillOf(1, { ...at, reason: 'OutsidePod' })
    const { lastRejects: _rejects, ...node } = reduceNodeReport(undefined, [kill, reject], context)
    const lastKills = [reject.record, kill.record]
    await store(
      'NodeOOMReport',
      { name: 'node-a' },
      { node: 'node-a' },
      { ...node, lastKills, trend: { hour, kills: NODE_HOURS } },
    )

    const pod = await world.makePod({ name: 'old' })
    const { program } = await world.readyOperator()
    await world.publishKills(1, inPod(pod))
    await world.publishKills(1, { attribution: { source: 'dump', cgroupPath: '/system.slice/x.service' } })
    // Until the kinds are those of this version, kills wait in the stream: none is set aside.
    await program.said("expected the kinds of this operator's version in the cluster, got others")
    expect(await world.report('pod.old.app')).toMatchObject({ kills: 5, trend: { kills: HOURS } })
    await applyCrds(world.api.kubectl)
    const counted = await world.untilKills('pod.old.app', 6)
    const ofDay = HOURS.reduce((sum, kills) => sum + kills, 0)
    expect(counted).toMatchObject({ kills: 6, killsLastDay: ofDay + 1, lastKills: { length: 6 } })
    expect(counted.trend.kills).toMatch(/^\d+( \d+){23}$/)
    const after = await waitUntil(
      'the kill of the node',
      async () => {
        const status = await world.nodeReport('node-a')
        return status?.kills === 2 ? status : undefined
      },
      { deadlineMs: 10_000 },
    )
    expect(after.lastRejects).toMatchObject([{ detail: 'no JSON' }])
    expect(after.lastKills.map(({ reason }) => reason)).toEqual(['OutsidePod', 'OutsidePod'])
    expect(after).toMatchObject({ byReason: { OutsidePod: 2, EventRejected: 1 }, killsLastDay: 2 })
  }, 90_000)
})
