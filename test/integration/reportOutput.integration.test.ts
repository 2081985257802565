import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { KillEvent } from '../../contract/killEvent.ts'
import { HEAD, TABLE, announce, killOf, row } from '../../kernel/explain/facts.testkit.ts'
import { API_VERSION } from '../../operator/api/killRecord.ts'
import { reduceNodeReport } from '../../operator/reports/reduceNodeReport.ts'
import { reduceReport } from '../../operator/reports/reduceReport.ts'
import { killOf as killToCount, nodeKillOf } from '../../operator/testing/killRecords.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { applyCrds } from '../support/stack.ts'
import { OperatorWorld, inPod } from './operatorWorld.ts'

/** The greatest width of what is read without `-o wide`. */
const MAX_COLUMNS = 120
const MINUTE_MS = 60_000
const REPORTS = ['deployment.checkout.app', 'cronjob.nightly-report.app', 'pod.debug.app']

let world: OperatorWorld

beforeAll(async () => {
  world = await OperatorWorld.start()
  await applyCrds(world.api.kubectl)
  await world.readyOperator()
  await makeKills()
}, 180_000)

afterAll(async () => {
  await world.endOperators()
  await world.dispose()
})

/** What the kernel prints of a container that has reached its limit. */
function dumpOf(podUid: string, containerId: string): string {
  const path = `/kubepods/burstable/pod${podUid}/${containerId}`
  const lines = [
    ...HEAD.map((line) => line.replaceAll('app', 'worker')),
    'memory: usage 65536kB, limit 65536kB, failcnt 31',
    'anon 65011712',
    'file 524288',
    'slab_unreclaimable 786432',
    TABLE,
    row(8123, 'worker', 15_400, 998),
    row(8100, 'server', 300, 998),
    announce('CONSTRAINT_MEMCG', `oom_memcg=${path},task_memcg=${path}`),
    killOf(8123, 'worker', 61_600).replace('Out of memory', 'Memory cgroup out of memory'),
  ]
  return gzipSync(`${lines.join('\n')}\n`).toString('base64')
}

/** Of a machine on a busy morning: the ages do not change while the test runs. */
async function makeKills(): Promise<void> {
  await world.makeController('apps/v1', 'Deployment', 'checkout')
  await world.makeController('apps/v1', 'ReplicaSet', 'checkout-abc', 'Deployment/checkout')
  await world.makeController('batch/v1', 'CronJob', 'nightly-report')
  await world.makeController('batch/v1', 'Job', 'nightly-report-1', 'CronJob/nightly-report')
  const checkout = await world.makePod({ name: 'checkout-abc-1', owner: 'ReplicaSet/checkout-abc' })
  const nightly = await world.makePod({ name: 'nightly-report-1-x', owner: 'Job/nightly-report-1', node: 'node-b' })
  const debug = await world.makePod({ name: 'debug' })
  const spec = { all: true, oomScoreAdj: { value: 800 } }
  await world.apply({ apiVersion: API_VERSION, kind: 'OOMPolicy', metadata: { name: 'batch-first' }, spec })
  const startMs = Date.now()
  const ago = (minutes: number): string => new Date(startMs - minutes * MINUTE_MS - 2_000).toISOString()
  const worker: Partial<KillEvent> = {
    ...inPod(checkout),
    victim: { pid: 8123, command: 'worker', anonRssKib: 61_600, fileRssKib: 0, shmemRssKib: 0, oomScoreAdj: 998 },
    trigger: { command: 'worker', pid: 8123, gfpMask: '0x140cca', gfpFlags: ['GFP_HIGHUSER_MOVABLE'], order: 0 },
    candidates: [
      {
        pid: 8123,
        command: 'worker',
        uid: 1000,
        totalVmPages: 15_400,
        rssPages: 15_400,
        badnessPages: 31_800,
        oomScoreAdj: 998,
      },
      {
        pid: 8100,
        command: 'server',
        uid: 1000,
        totalVmPages: 300,
        rssPages: 300,
        badnessPages: 16_700,
        oomScoreAdj: 998,
      },
    ],
    rawDump: dumpOf(checkout.uid, checkout.containerId),
    foresight: { ageMs: 1_340, processCount: 2, candidates: [], victimRank: 1, outcome: 'hit' },
  }
  for (const minutes of [200, 140, 20]) await world.publishKills(1, { ...worker, killedAt: ago(minutes) })
  const node: Partial<KillEvent> = { scope: 'Node', constraint: 'None', domain: {}, killedAt: ago(20) }
  await world.publishKills(1, {
    ...inPod(nightly),
    ...node,
    node: 'node-b',
    victim: { pid: 90_210, command: 'pandoc', anonRssKib: 3_400_000 },
    trigger: { command: 'kubelet', pid: 771, gfpMask: '0x140cca', order: 0 },
  })
  await world.publishKills(1, { ...inPod(debug), killedAt: ago(20) })
  await world.publishKills(1, {
    ...node,
    attribution: { source: 'dump', cgroupPath: '/system.slice/backup.service' },
    victim: { pid: 4711, command: 'restic', anonRssKib: 900_000 },
    candidates: [
      { pid: 4711, command: 'restic', uid: 0, totalVmPages: 240_000, rssPages: 225_000, badnessPages: 225_470 },
      {
        pid: 8100,
        command: 'server',
        uid: 1000,
        totalVmPages: 300,
        rssPages: 300,
        badnessPages: 16_700,
        oomScoreAdj: 998,
        liveOomScore: 1_330,
        podUid: checkout.uid,
        containerId: checkout.containerId,
      },
    ],
  })
  await world.untilKills('deployment.checkout.app', 3)
  const finishedAt = new Date(startMs - 20 * MINUTE_MS).toISOString().replace(/\.\d+Z$/, 'Z')
  const containerID = `containerd://${debug.containerId}`
  await world.setContainer('debug', {
    containerID: `containerd://${'9'.repeat(64)}`,
    state: { running: {} },
    lastState: { terminated: { containerID, exitCode: 137, reason: 'OOMKilled', finishedAt } },
  })
  const isSettled = async (): Promise<true | undefined> => {
    const reports = await Promise.all(REPORTS.map((name) => world.report(name)))
    return reports.every((status) => status?.conditions[0]?.reason === 'Settled') || undefined
  }
  await waitUntil('all to be judged', isSettled, { deadlineMs: 90_000, everyMs: 500 })
}

/** The same from run to run: ages, times and what the apiserver makes up. */
function withoutChance(text: string): string {
  return text
    .replaceAll(/\b2[01]m\b/g, '20m')
    .replaceAll(/^(.* (?:True|False|Unknown) +)\d+[sm]\S* */gm, '$1<age>   ')
    .replaceAll(/\bAGE +(?=PRIORITY)/g, 'AGE     ')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uid>')
    .replaceAll(/(Resource Version: +)\d+/g, '$1<version>')
    .replaceAll(/( +)Watermark:\n(?:\1 +.*\n)+/g, '$1Watermark:  <watermark>\n')
    .replaceAll(/^( *(?:Workload|Events):) +/gm, '$1  ')
    .replaceAll(/(Hour: +<time>\n +Kills: +)\d+(?: \d+){23}$/gm, '$1<24 counts>')
    .replaceAll(/(Per Day: +)\d+(?: \d+){6}$/gm, '$1<7 counts>')
    .replaceAll(/ +$/gm, '')
}

/** What kubectl prints is what stands in test/fixtures/kubectl; UPDATE_GOLDEN=1 writes it there. */
async function expectGolden(name: string, args: readonly string[]): Promise<string> {
  const file = new URL(`../fixtures/kubectl/${name}.txt`, import.meta.url)
  const output = withoutChance(await world.api.kubectl(args))
  const text = `$ kubectl ${args.join(' ')}\n${output}`
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text)
  expect(text).toBe(readFileSync(file, 'utf8'))
  return output
}

const widestOf = (text: string): number => Math.max(...text.split('\n').map((line) => line.length))

/** The longest that 120 columns hold, as docs/reports.md says; in `get oom` each has its kind before it. */
const LONGEST = {
  name: 71,
  withNamespace: 68,
  inCategory: 45,
  node: 64,
  nodeInCategory: 37,
  policy: 70,
  policyInCategory: 47,
}
/** A policy's age, at the end of its line, has up to two columns fewer when it is made now than in 3h20m. */
const FULL = [MAX_COLUMNS - 2, MAX_COLUMNS - 1, MAX_COLUMNS]
/** A pod's label can be no longer, so that names of workloads seldom are. */
const LONGEST_LABEL = 63

const named = (prefix: string, length: number): string => prefix.padEnd(length, 'x')

/** Reports and a policy with these names, and in each column the most that is to be expected there. */
async function makeWidest(namespace: string, name: string, node: string, policy: string): Promise<void> {
  const times = { time: new Date(Date.now() - 200 * MINUTE_MS).toISOString(), seenAt: new Date().toISOString() }
  const changes = { ...times, victimCommand: 'fifteen-letters', scope: 'ContainerLimit' as const }
  const context = { now: new Date(), stream: 's', generation: 1 }
  const counts = { kills: 12_345, killsLastDay: 999, hiddenKills: 12_345 }
  const status = {
    ...reduceReport(undefined, [killToCount(1, changes)], { ...context, workload: 'Deployment/x' }),
    ...counts,
  }
  const nodeKill = nodeKillOf(1, { ...changes, reason: 'CgroupUnknown' })
  const nodeStatus = { ...reduceNodeReport(undefined, [nodeKill], context), kills: 12_345, killsLastDay: 999 }
  const workload = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }
  const of = { apiVersion: API_VERSION, kind: 'OOMReport' }
  await world.api.kubectl(['create', 'namespace', namespace])
  await world.apply({ ...of, metadata: { name, namespace }, spec: { workload, container: 'app' } })
  await world.apply({ ...of, kind: 'NodeOOMReport', metadata: { name: node }, spec: { node } })
  const spec = { podSelector: { matchLabels: { app: 'nobody' } }, oomScoreAdj: { value: -990 }, mode: 'Enforce' }
  await world.apply({ ...of, kind: 'OOMPolicy', metadata: { name: policy }, spec })
  await writeStatus(['oomreport', '-n', namespace, name], status)
  await writeStatus(['nodeoomreport', node], nodeStatus)
}

async function writeStatus(object: readonly string[], status: object): Promise<void> {
  const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]
  await world.api.kubectl(['patch', ...object, ...patch])
}

async function removeWidest(namespace: string, node: string, policy: string): Promise<void> {
  await world.api.kubectl(['delete', 'oomreports', '-n', namespace, '--all'])
  await world.api.kubectl(['delete', 'nodeoomreport', node])
  await world.api.kubectl(['delete', 'oompolicy', policy])
}

describe('what kubectl shows of reports, by a real kube-apiserver', () => {
  it.each([
    ['get-oomreports', ['get', 'oomreports', '-n', 'shop']],
    ['get-oomreports-all', ['get', 'oomreports', '-A']],
    ['get-nodeoomreports', ['get', 'nodeoomreports']],
    ['get-oompolicies', ['get', 'oompolicies']],
    ['get-oom', ['get', 'oom', '-n', 'shop']],
  ])('%s is read at a glance, in 120 columns', async (name, args) => {
    expect(widestOf(await expectGolden(name, args))).toBeLessThanOrEqual(MAX_COLUMNS)
  })

  it.each([
    ['get-oomreports-wide', ['get', 'oomreports', '-n', 'shop', '-o', 'wide']],
    ['get-nodeoomreports-wide', ['get', 'nodeoomreports', '-o', 'wide']],
    ['describe-oomreport', ['describe', 'oomreport', '-n', 'shop', 'deployment.checkout.app']],
    ['describe-nodeoomreport', ['describe', 'nodeoomreport', 'node-a']],
    ['get-oompolicies-wide', ['get', 'oompolicies', '-o', 'wide']],
    ['describe-oompolicy', ['describe', 'oompolicy', 'batch-first']],
    ['explain-oomreport-status', ['explain', 'oomreport.status']],
    ['explain-oomreport-status-lastkills', ['explain', 'oomreport.status.lastKills']],
    ['explain-nodeoomreport-status', ['explain', 'nodeoomreport.status']],
    ['explain-oomreport-status-recursive', ['explain', 'oomreport.status', '--recursive']],
  ])('%s tells all', async (name, args) => {
    await expectGolden(name, args)
  })

  it('holds in 120 columns what is long, and cuts nothing that is longer', async () => {
    const { name, withNamespace, inCategory, node, nodeInCategory, policy, policyInCategory } = LONGEST
    const widthOf = async (...args: string[]): Promise<number> => widestOf(await world.api.kubectl(['get', ...args]))
    const alone = [named('a', 20), named('deployment.', name), named('n', node), named('p', policy)] as const
    await makeWidest(...alone)
    expect(await widthOf('oomreports', '-n', alone[0])).toBe(MAX_COLUMNS)
    expect(await widthOf('nodeoomreports')).toBe(MAX_COLUMNS)
    expect(FULL).toContain(await widthOf('oompolicies'))
    await removeWidest(alone[0], alone[2], alone[3])
    const all = [named('b', 20), named('deployment.', withNamespace - 20), 'n', 'p'] as const
    await makeWidest(...all)
    expect(await widthOf('oomreports', '-A')).toBe(MAX_COLUMNS)
    await removeWidest(all[0], all[2], all[3])
    const category = [
      named('c', 15),
      named('deployment.', inCategory - 15),
      named('n', nodeInCategory),
      named('p', policyInCategory),
    ] as const
    await makeWidest(...category)
    const tables = (await world.api.kubectl(['get', 'oom', '-A'])).split('\n\n')
    expect(tables).toHaveLength(3)
    for (const table of tables) expect(FULL).toContain(widestOf(table))
    await removeWidest(category[0], category[2], category[3])
    const beyond = `deployment.${'x'.repeat(LONGEST_LABEL)}.app`
    await makeWidest('d', beyond, 'n', 'p')
    expect(await widthOf('oomreports', '-n', 'd')).toBe(MAX_COLUMNS + beyond.length - name)
    expect(await world.api.kubectl(['get', 'oomreports', '-n', 'd'])).toContain(`\n${beyond}   12345 `)
    await removeWidest('d', 'n', 'p')
  }, 60_000)

  it.each([
    ['status.last.node=node-b', ['cronjob.nightly-report.app']],
    ['status.last.scope=Node', ['cronjob.nightly-report.app']],
    ['status.last.scope=ContainerLimit', ['deployment.checkout.app', 'pod.debug.app']],
    ['spec.workload.kind=Deployment', ['deployment.checkout.app']],
    ['spec.workload.kind=Pod,spec.workload.name=debug', ['pod.debug.app']],
    ['spec.container=app,status.last.node=node-c', []],
  ])('selects reports by %s', async (selector, names) => {
    const output = await world.api.kubectl(['get', 'oomr', '-n', 'shop', '--field-selector', selector, '-o', 'name'])
    const found = output.split('\n').filter((line) => line !== '')
    expect(found).toEqual(names.map((name) => `oomreport.oomkeeper.io/${name}`))
  })
})
