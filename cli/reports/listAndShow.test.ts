import { describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'
import { columnsOf } from '../analysis/columns.ts'
import { list } from './list.ts'
import { FakeWorld, webReport } from './reports.testkit.ts'
import { show } from './show.ts'
import { top } from './top.ts'

const cluster = { context: undefined, kubeconfig: undefined }
const inShop = { ...cluster, namespace: undefined, allNamespaces: false }
const everywhere = { ...inShop, allNamespaces: true }
const asText = { ...cluster, namespace: undefined, output: 'text' as const, noColor: false }

describe('list', () => {
  it('prints a line for each report, the newest kill first', async () => {
    const world = new FakeWorld()
    expect(await list({ ...everywhere, output: 'table' }, world)).toBe(0)
    expect(world.stdout).toBe(
      `NAMESPACE   NAME                 WORKLOAD         CONTAINER   KILLS   HIDDEN   LAST    SCOPE            VICTIM   NODE
shop        deployment.web.app   Deployment/web   app         12      9        2m30s   ContainerLimit   eater    node-a
-           node/node-a          Node/node-a      -           1       -        120m    Node             cron     node-a
`,
    )
  })

  it('leaves out the namespace that was asked for, and shows all columns where they are wanted', async () => {
    const world = new FakeWorld()
    await list({ ...inShop, output: 'wide' }, world)
    expect(world.stdout).toBe(
      `NAME                 WORKLOAD         CONTAINER   KILLS   HIDDEN   LAST    SCOPE            VICTIM   NODE     LIMIT   RSS      FIRST
deployment.web.app   Deployment/web   app         12      9        2m30s   ContainerLimit   eater    node-a   64Mi    63.5Mi   9d
`,
    )
  })

  it('prints objects for programs, without who wrote which field', async () => {
    for (const output of ['json', 'yaml'] as const) {
      const world = new FakeWorld()
      await list({ ...inShop, output }, world)
      const { metadata } = (load(world.stdout) as { items: { metadata: object }[] }).items[0] ?? {}
      expect(metadata).toEqual({ name: 'deployment.web.app', namespace: 'shop' })
    }
  })

  it('has exit code 1 and a sentence where there is none', async () => {
    const world = new FakeWorld([])
    expect(await list({ ...inShop, output: 'table' }, world)).toBe(1)
    expect(world).toMatchObject({ stdout: '', stderr: 'No OOM reports in namespace shop.\n' })
  })

  it('shows what somebody edited as far as it is a report', async () => {
    const edited = webReport({ kills: 'many', lastKills: 'none', last: { victim: 7 }, lastSeen: 'x\u001b[2J' })
    const world = new FakeWorld([edited, { kind: 'OOMReport', metadata: { namespace: 'shop' } }, null])
    world.objects.pop()
    await list({ ...inShop, output: 'table' }, world)
    expect(world.stdout.split('\n')[1]).toMatch(/^deployment.web.app +Deployment\/web +app +- +9 +- +- +- +-$/)
  })
})

describe('show', () => {
  it('tells the counts, the conditions and the last kills, and how to go on', async () => {
    const world = new FakeWorld()
    expect(await show(asText, 'deployment.web.app', world)).toBe(0)
    expect(world.stdout).toBe(`shop/deployment.web.app
  Deployment/web, container app

  Kills      12, 9 of them hidden: Kubernetes did not show them
  First      2026-02-20T10:00:00Z (9d ago)
  Last       2026-03-01T12:57:30Z (2m30s ago)
  Limit      64 MiB
  Largest    63.5 MiB held by a victim
  Scopes     ContainerLimit 12
  Nodes      node-b 10, node-a 2

Conditions
  • Ready True, Counted: all kills are counted

Last 2 of 12 kills
  #   AGO   VICTIM        RSS        LIMIT    SCOPE            HIDDEN   NODE     POD
  1   3m    eater(8123)   63.5 MiB   64 MiB   ContainerLimit   Yes      node-a   web-abc-1
  2   4h    x\\x1b[2J(7)   -          -        ContainerLimit   No       node-a   -

In line at the newest
  PID   COMMAND  RSS     SWAP  ADJ  BADNESS  SCORE
  8100  sh       400Ki   -     0    101      -

Why: kubectl oom explain -n shop deployment.web.app 1
`)
  })

  it("tells what could not be a node's kill event", async () => {
    const [, node] = new FakeWorld().objects as { status: object }[]
    const lastRejects = [{ seenAt: '2026-03-01T12:57:00Z', detail: 'version: expected 1, got 2' }]
    const status = { ...node?.status, byReason: { EventRejected: 7 }, lastRejects }
    const world = new FakeWorld([{ ...node, status }])
    await show(asText, 'node/node-a', world)
    expect(world.stdout).toContain(`
Last 1 of 7 rejected events
  • 2026-03-01T12:57:00Z (3m ago): version: expected 1, got 2
`)
  })

  it('draws the hours of the last day and the days of the last week', async () => {
    const trend = { hour: '2026-03-01T12:00:00Z', kills: `${'0 '.repeat(22)}1 8`, perDay: '0 0 0 0 3 0 9' }
    const world = new FakeWorld([webReport({ trend })])
    await show(asText, 'deployment.web.app', world)
    expect(world.stdout).toContain(`
  Last 24h   9, each hour ·····················▁█· now
  Last 7d    12, each day ····▃·█ now
`)
  })

  it.each([100, 60, 40])('fits a terminal of %d columns', async (columns) => {
    const world = new FakeWorld()
    world.columns = columns
    await show({ ...asText, output: 'wide' }, 'deployment.web.app', world)
    for (const line of world.stdout.split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(columns)
    expect(world.stdout).toContain('eater(')
  })

  it("asks for the namespace of the context for a workload's report alone", async () => {
    const world = new FakeWorld()
    world.reports.currentNamespace = () => Promise.reject(new Error('not to be asked'))
    expect(await show(asText, 'node/node-a', world)).toBe(0)
    expect(await show({ ...asText, namespace: 'shop' }, 'deployment.web.app', world)).toBe(0)
    await expect(show(asText, 'deployment.web.app', world)).rejects.toThrow('not to be asked')
    await expect(show(asText, 'pod/web', world)).rejects.toThrow('expected NAME, or node/NODE')
  })

  it('shows the report of a node, and one in which nothing is counted yet', async () => {
    const world = new FakeWorld()
    await show(asText, 'node/node-a', world)
    expect(world.stdout).toMatch(/^node\/node-a\n {2}Node\/node-a\n/)
    expect(world.stdout).toMatch(/^ {2}No victim {2}1 \(nobody could be killed/m)
    const { status: _, ...fresh } = webReport()
    const empty = new FakeWorld([fresh])
    await show(asText, 'deployment.web.app', empty)
    expect(empty.stdout).toContain('Nothing is counted here yet.')
  })
})

describe('top', () => {
  const flags = { ...everywhere, window: '24h', top: 10, output: 'table' } as const

  it('ranks workloads by their kills, with the hours of the day where the reports have them', async () => {
    const perHour = [...Array.from({ length: 20 }, () => 0), 1, 0, 8, 4]
    const trend = { hour: '2026-03-01T13:00:00Z', kills: perHour }
    const world = new FakeWorld([webReport({ trend }), new FakeWorld().objects[1]])
    expect(await top(flags, world)).toBe(0)
    expect(world.stdout)
      .toBe(`NAMESPACE   WORKLOAD         KILLS(24h)   PER_HOUR                   TOTAL   HIDDEN   LAST
shop        Deployment/web   13           ····················▁·█▄   12      9        2m30s
-           Node/node-a      1            -                          1       -        120m
`)
  })

  it('ranks them by a week, with its days', async () => {
    const trend = { hour: '2026-03-01T13:00:00Z', kills: '0 '.repeat(23) + '2', perDay: '0 0 0 40 0 8 2' }
    const world = new FakeWorld([webReport({ kills: 90, trend })])
    expect(await top({ ...flags, window: '7d' }, world)).toBe(0)
    expect(world.stdout).toBe(`NAMESPACE   WORKLOAD         KILLS(7d)   PER_DAY   TOTAL   HIDDEN   LAST
shop        Deployment/web   50          ···█·▂▁   90      9        2m30s
`)
  })

  it('says of a week that it knows a least number only, where a report has no days', async () => {
    const world = new FakeWorld()
    await top({ ...flags, window: '7d', output: 'json' }, world)
    expect(JSON.parse(world.stdout)).toMatchObject({
      version: 1,
      window: '7d',
      workloads: [{ workload: 'Deployment/web', windowKills: 2, isLeast: true }, { isLeast: false }],
    })
  })

  it('has exit code 1 where there was no kill', async () => {
    const world = new FakeWorld([])
    expect(await top(flags, world)).toBe(1)
    expect(world.stderr).toBe('No OOM kills in the last 24h in any namespace, nor on any node.\n')
  })
})
