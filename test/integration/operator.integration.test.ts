import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { encodeNodeStatus } from '../../contract/nodeStatus.ts'
import { statusSubject } from '../../contract/subjects.ts'
import { killEventOf } from '../../operator/testing/killEvents.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { openSeries } from '../support/metricLabels.ts'
import { applyCrds, untilReady } from '../support/stack.ts'
import { OperatorWorld, inPod } from './operatorWorld.ts'

let world: OperatorWorld

beforeAll(async () => {
  world = await OperatorWorld.start()
}, 120_000)

afterAll(async () => {
  await world.dispose()
})

afterEach(async () => {
  await world.endOperators()
})

describe('the operator, with real nats-server, etcd and kube-apiserver', () => {
  it('waits for its kinds, says how to bring them, and goes on when they are there', async () => {
    const { program, baseUrl } = await world.startOperator()
    await program.said('run `kubectl apply -f crds/`')
    expect((await fetch(`${baseUrl}/readyz`)).status).toBe(503)
    expect((await fetch(`${baseUrl}/healthz`)).status).toBe(200)
    await applyCrds(world.api.kubectl)
    await untilReady({ program, baseUrl })
    const stoppedMs = performance.now()
    expect(await program.stop()).toEqual({ code: 0, signal: null })
    expect(performance.now() - stoppedMs).toBeLessThan(1_000)
  }, 60_000)

  it.each([
    [
      'a report without a workload',
      'OOMReport',
      { workload: { apiVersion: 'v1', kind: 'Pod', name: '' }, container: 'app' },
      'spec.workload.name',
    ],
    [
      'a node report of another name',
      'NodeOOMReport',
      { node: 'other' },
      'metadata.name must be the name in spec.node',
    ],
  ])('has the apiserver refuse %s', async (_what, kind, spec, words) => {
    const object = { apiVersion: 'oomkeeper.io/v1alpha1', kind, metadata: { name: 'bad', namespace: 'shop' }, spec }
    await expect(world.apply(object)).rejects.toThrow(words)
  })

  it('counts kills for what people deployed, in the columns that people read', async () => {
    await world.makeController('apps/v1', 'Deployment', 'eater')
    await world.makeController('apps/v1', 'ReplicaSet', 'eater-abc', 'Deployment/eater')
    await world.makeController('batch/v1', 'CronJob', 'nightly')
    await world.makeController('batch/v1', 'Job', 'nightly-1', 'CronJob/nightly')
    const eater = await world.makePod({ name: 'eater-abc-1', owner: 'ReplicaSet/eater-abc' })
    const nightly = await world.makePod({ name: 'nightly-1-x', owner: 'Job/nightly-1' })
    const bare = await world.makePod({ name: 'bare' })
    const hash = 'ffffffffffffffffffffffffffffffff'
    await world.makePod({ name: 'static-node-a', annotations: { 'kubernetes.io/config.hash': hash } })
    await world.readyOperator()
    await world.publishKills(2, inPod(eater))
    await world.publishKills(1, inPod(nightly))
    await world.publishKills(1, inPod(bare))
    await world.publishKills(1, { attribution: { source: 'dump', cgroupPath: '/kubepods/x', podUid: hash } })
    await world.untilKills('deployment.eater.app', 2)
    await world.untilKills('cronjob.nightly.app', 1)
    await world.untilKills('pod.bare.app', 1)
    const table = await waitUntil(
      'five kills in the table',
      async () => {
        const text = await world.api.kubectl(['get', 'oomreports', '-n', 'shop', '-o', 'wide'])
        return text.includes('Pod/static-node-a') ? text : undefined
      },
      { deadlineMs: 10_000 },
    )
    expect(
      table
        .split('\n')[0]
        ?.split(/\s{2,}/)
        .map((title) => title.trim()),
    ).toEqual(
      'NAME KILLS 24H HIDDEN LAST VICTIM SCOPE WORKLOAD CONTAINER NODE LIMIT RSS RECURRING LIMITTOOLOW'.split(' '),
    )
    expect(table).toMatch(
      /^deployment\.eater\.app +2 +2 +0 +\S+ +eater +ContainerLimit +Deployment\/eater +app +node-a +64Mi +63\.5Mi +False +Unknown$/m,
    )
    expect(await world.api.kubectl(['get', 'oom', '-n', 'shop', '-o', 'name'])).toContain('oomreport.oomkeeper.io/')
    const byKind = ['get', 'oomr', '-n', 'shop', '--field-selector', 'spec.workload.kind=CronJob', '-o', 'name']
    expect((await world.api.kubectl(byKind)).trim()).toBe('oomreport.oomkeeper.io/cronjob.nightly.app')
    const spec = ['patch', 'oomr', '-n', 'shop', 'pod.bare.app', '--type=merge', '-p', '{"spec":{"container":"other"}}']
    await expect(world.api.kubectl(spec)).rejects.toThrow('spec is immutable')
  }, 60_000)

  it('sets poison aside, with the reason, and counts the rest', async () => {
    const mine = await world.makePod({ name: 'mine' })
    const theirs = await world.makePod({ name: 'theirs', node: 'node-b' })
    const { program, baseUrl } = await world.readyOperator()
    const event = killEventOf({ ...inPod(mine), sequence: 1 })
    const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
    await world.publishKills(1, inPod(mine))
    await world.publishRaw(`oom.v1.kill.node-a.${event.bootId}.7`, new Uint8Array([0x1b, 0x5b]))
    await world.publishRaw(`oom.v1.kill.node-a.${event.bootId}.8`, text({ ...event, sequence: 9 }))
    await world.publishRaw(`oom.v1.kill.node-a.${event.bootId}.9`, text({ ...event, sequence: 9, version: 2 }))
    await world.publishRaw('oom.v1.kill.node-a.x.y.z', text(event))
    await world.publishKills(1, inPod(theirs))
    await world.publishKills(1, inPod(mine))
    expect(await world.untilKills('pod.mine.app', 2)).toMatchObject({ kills: 2 })
    expect(await world.report('pod.theirs.app')).toBeUndefined()
    const jsm = await world.jsm()
    const rejects: { reason: string; streamSequence: number }[] = []
    const { state } = await jsm.streams.info('OOM_REJECTS')
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await jsm.streams.getMessage('OOM_REJECTS', { seq })
      expect(message.subject).toBe('oom.v1.reject.node-a')
      rejects.push(message.json())
    }
    expect(rejects.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^expected JSON, got 2 bytes/),
      'sequence: expected "8" as in the subject, got "9" in the body',
      expect.stringMatching(/^version: /),
      expect.stringMatching(/^expected the subject oom\.v1\.kill/),
      expect.stringMatching(/^podUid: expected a pod bound to node "node-a", got .*, bound to "node-b"$/),
    ])
    const node = await waitUntil(
      'the rejects in the report of their node',
      async () => {
        const status = await world.nodeReport('node-a')
        return status?.byReason['EventRejected'] === 5 ? status : undefined
      },
      { deadlineMs: 10_000 },
    )
    expect(node.conditions).toContainEqual(
      expect.objectContaining({ type: 'EventsRejected', status: 'True', reason: 'SetAside' }),
    )
    expect(program.log.match(/kill event set aside/g)).toHaveLength(5)
    const metrics = await (await fetch(`${baseUrl}/metrics`)).text()
    expect(metrics).toMatch(/^oomkeeper_operator_events_rejected_total 5$/m)
    expect(metrics).toMatch(/^oomkeeper_operator_leading 1$/m)
    expect(openSeries(metrics)).toEqual([])
  }, 60_000)

  it('does not bring back a report that was deleted; the next kill starts another', async () => {
    const pod = await world.makePod({ name: 'again' })
    const first = await world.readyOperator()
    await world.publishKills(3, inPod(pod))
    await world.untilKills('pod.again.app', 3)
    await waitUntil(
      'the checkpoint',
      async () => {
        const metrics = await (await fetch(`${first.baseUrl}/metrics`)).text()
        return /^oomkeeper_operator_reader_lag_messages 0$/m.test(metrics) || undefined
      },
      { deadlineMs: 10_000 },
    )
    await world.api.kubectl(['delete', 'oomr', '-n', 'shop', 'pod.again.app'])
    await first.program.stop()
    await world.readyOperator()
    expect(await world.report('pod.again.app')).toBeUndefined()
    await world.publishKills(1, inPod(pod))
    expect(await world.untilKills('pod.again.app', 1)).toMatchObject({ kills: 1 })
  }, 60_000)

  it('counts on the node what a namespace that ends refuses, and is not held up', async () => {
    const pod = await world.makePod({ name: 'other' })
    const ending = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ending' } }
    await world.apply(ending)
    await world.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'last', namespace: 'ending' },
      spec: { nodeName: 'node-a', automountServiceAccountToken: false, containers: [{ name: 'app', image: 'x' }] },
    })
    const last = await world.get<{ metadata: { uid: string } }>('pod', '-n', 'ending', 'last')
    // Nobody finalizes it here: it stays in its end.
    await world.api.kubectl(['delete', 'namespace', 'ending', '--wait=false'])
    await world.readyOperator()
    const attribution = { source: 'dump' as const, cgroupPath: '/kubepods/x', podUid: last.metadata.uid }
    await world.publishKills(1, { attribution })
    await world.publishKills(1, inPod(pod))
    await world.untilKills('pod.other.app', 1)
    // What is refused comes to the node's report after it, whose writes are a second apart.
    const node = await waitUntil(
      'the refused kill in the report of its node',
      async () => {
        const status = await world.nodeReport('node-a')
        return status?.byReason['NamespaceGone'] === undefined ? undefined : status
      },
      { deadlineMs: 10_000 },
    )
    expect(node).toMatchObject({ byReason: { NamespaceGone: 1 }, last: { reason: 'NamespaceGone', victim: 'eater' } })
  }, 60_000)

  it('tells on /metrics how agents, stream and reports are', async () => {
    const pod = await world.makePod({ name: 'figures' })
    const { baseUrl } = await world.readyOperator()
    await world.publishKills(1, inPod(pod))
    await world.untilKills('pod.figures.app', 1)
    const none = { kernelKills: 3, killsBefore: 0, killLines: 1, killsLost: 0, killsRecovered: 0, killsDropped: 0 }
    const status = encodeNodeStatus({
      version: 2,
      node: 'node-a',
      reportedAt: new Date().toISOString(),
      rules: [],
      reasons: [],
      containers: [],
      completeness: { bootId: killEventOf().bootId, ...none, killsUnseen: 2 },
    })
    await world.js.publish(statusSubject('node-a'), status)
    const reports = await world.get<{ items: unknown[] }>('oomr', '-A')
    const lines = [
      'agents{state="fresh"} 1',
      'agents{state="stale"} 0',
      'kills_unseen 2',
      `stream_max_bytes ${1024 ** 3}`,
      `reports{kind="OOMReport"} ${reports.items.length}`,
    ]
    await waitUntil(
      `the metrics ${lines.join(', ')}`,
      async () => {
        const text = await (await fetch(`${baseUrl}/metrics`)).text()
        const missing = lines.filter((line) => !text.includes(`\noomkeeper_operator_${line}\n`))
        if (missing.length > 0) throw new Error(`without ${missing.join(', ')}`)
        return /^oomkeeper_operator_stream_bytes [1-9]\d*$/m.test(text) || undefined
      },
      { deadlineMs: 25_000, everyMs: 500 },
    )
  }, 60_000)

  it('decides by fact what Kubernetes hid, also after a restart', async () => {
    const [child, whole, gone] = [
      await world.makePod({ name: 'child' }),
      await world.makePod({ name: 'whole' }),
      await world.makePod({ name: 'gone' }),
    ]
    const first = await world.readyOperator()
    for (const pod of [child, whole, gone]) await world.publishKills(1, inPod(pod))
    const finishedAt = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
    for (const name of ['child', 'whole', 'gone']) await world.untilKills(`pod.${name}.app`, 1)
    await first.program.kill()
    await world.api.kubectl(['delete', 'pod', '-n', 'shop', 'gone', '--grace-period=0', '--force'])
    const containerID = `containerd://${whole.containerId}`
    await world.setContainer('whole', {
      containerID: `containerd://${'9'.repeat(64)}`,
      state: { running: {} },
      lastState: { terminated: { containerID, exitCode: 137, reason: 'OOMKilled', finishedAt } },
    })
    await world.readyOperator()
    const statuses = await waitUntil(
      'the decisions',
      async () => {
        const reports = await Promise.all(['child', 'whole', 'gone'].map((name) => world.report(`pod.${name}.app`)))
        return reports.every((status) => status?.conditions[0]?.reason === 'Settled') ? reports : undefined
      },
      { deadlineMs: 45_000, everyMs: 500 },
    )
    expect(
      statuses.map((status) => [
        status?.last.hidden,
        status?.lastKills[0]?.hiddenReason,
        status?.hiddenKills,
        status?.reportedKills,
      ]),
    ).toEqual([
      ['Yes', 'NotReported', 1, 0],
      ['No', 'ReportedOOMKilled', 0, 1],
      ['Unknown', 'PodForgotten', 0, 0],
    ])
  }, 90_000)
})
