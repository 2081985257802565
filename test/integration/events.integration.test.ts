import { describe, expect, it } from '@jest/globals'
import { waitUntil } from '../cluster/process/wait.ts'
import { inPod, type OperatorWorld } from './operatorWorld.ts'
import { useOperatorWorld } from './useOperatorWorld.ts'

interface KubeEvent {
  metadata: { name: string; namespace: string }
  reason: string
  note: string
  regarding: { kind: string; name: string }
  reportingController: string
  reportingInstance: string
  series?: { count: number }
}

let world: OperatorWorld

useOperatorWorld((started) => {
  world = started
})

async function eventsIn(namespace: string): Promise<KubeEvent[]> {
  const { items } = await world.get<{ items: KubeEvent[] }>('events.events.k8s.io', '-n', namespace)
  return items
}

async function untilDescribed(args: readonly string[], expected: RegExp): Promise<string> {
  return waitUntil(
    `${args.join(' ')} to show ${expected}`,
    async () => {
      const text = await world.api.kubectl(['describe', ...args])
      return expected.test(text) ? text : undefined
    },
    { deadlineMs: 15_000, everyMs: 200 },
  )
}

async function metricOf(baseUrl: string, line: RegExp): Promise<number> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text()
  return Number(line.exec(text)?.[1] ?? 0)
}

describe('kills as Kubernetes Events, with real nats-server, etcd and kube-apiserver', () => {
  it('shows a kill in kubectl describe of pod and workload, and counts the next ones in the same Event', async () => {
    await world.makeController('apps/v1', 'Deployment', 'eater')
    await world.makeController('apps/v1', 'ReplicaSet', 'eater-abc', 'Deployment/eater')
    const pod = await world.makePod({ name: 'eater-abc-1', owner: 'ReplicaSet/eater-abc' })
    const { baseUrl } = await world.readyOperator()
    const victim = { pid: 8123, command: 'worker', anonRssKib: 421_888 }
    await world.publishKills(1, { ...inPod(pod), victim })
    const note = 'OOM killer took worker (pid 8123, 412 MiB) in container app'
    const described = await untilDescribed(['pod', '-n', 'shop', 'eater-abc-1'], /OOMVictim/)
    expect(described).toContain(`oomkeeper.io/operator  ${note}: at its memory limit of 64 MiB\n`)
    const workload = await untilDescribed(['deployment', '-n', 'shop', 'eater'], /OOMVictim/)
    expect(workload).toContain(`${note} of pod eater-abc-1: at its memory limit of 64 MiB\n`)

    await world.publishKills(1, { ...inPod(pod), victim: { ...victim, pid: 8124 } })
    await untilDescribed(['pod', '-n', 'shop', 'eater-abc-1'], /OOMVictim +\S+ \(x2 over \S+\)/)
    const events = (await eventsIn('shop')).filter(({ regarding }) => regarding.name === 'eater-abc-1')
    expect(events).toMatchObject([
      { series: { count: 2 }, reportingController: 'oomkeeper.io/operator', regarding: { kind: 'Pod' } },
    ])
    expect(events[0]?.reportingInstance).toMatch(/./)
    expect(await metricOf(baseUrl, /^oomkeeper_operator_kubernetes_events_told_total (\d+)$/m)).toBeGreaterThanOrEqual(
      4,
    )
  }, 60_000)

  it('shows the node’s own kills in kubectl describe node, from the namespace default, without the pod’s name', async () => {
    await world.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } })
    const pod = await world.makePod({ name: 'taken' })
    await world.readyOperator()
    await world.publishKills(1, { ...inPod(pod), scope: 'Node', constraint: 'None', domain: {} })
    await world.publishKills(1, {
      attribution: { source: 'dump', cgroupPath: '/system.slice/sshd.service' },
      scope: 'Node',
      domain: {},
      victim: { pid: 77, command: 'sshd' },
    })
    const text = await untilDescribed(
      ['node', 'node-a'],
      /sshd[^]*the container of a pod|the container of a pod[^]*sshd/,
    )
    expect(text).toContain("OOM killer took sshd (pid 77): the node's memory ran out")
    expect(text.slice(text.indexOf('Events:'))).not.toMatch(/taken|shop/)
  }, 60_000)

  it('says that the container kept running when the kubelet never reported the kill', async () => {
    const pod = await world.makePod({ name: 'child' })
    await world.readyOperator()
    await world.publishKills(1, inPod(pod))
    const text = await waitUntil(
      'the second Event',
      async () => {
        const described = await world.api.kubectl(['describe', 'pod', '-n', 'shop', 'child'])
        return described.includes('OOMVictimHidden') ? described : undefined
      },
      { deadlineMs: 50_000, everyMs: 1_000 },
    )
    expect(text).toMatch(/OOMVictimHidden +\S+ +oomkeeper\.io\/operator +.*; the container kept running$/m)
  }, 90_000)

  it('tells nothing again after a restart, and a kill whatever its node’s clock says', async () => {
    const pod = await world.makePod({ name: 'once' })
    const [behind, ahead] = [await world.makePod({ name: 'behind' }), await world.makePod({ name: 'ahead' })]
    const first = await world.readyOperator()
    await world.publishKills(1, inPod(pod))
    await untilDescribed(['pod', '-n', 'shop', 'once'], /OOMVictim/)
    await first.program.kill()
    await world.readyOperator()
    const hourFromNow = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString()
    await world.publishKills(1, { ...inPod(behind), killedAt: hourFromNow(-1) })
    await world.publishKills(1, { ...inPod(ahead), killedAt: hourFromNow(1) })
    await world.publishKills(1, { ...inPod(pod), victim: { pid: 9, command: 'second' } })
    await untilDescribed(['pod', '-n', 'shop', 'once'], /took second/)
    await untilDescribed(['pod', '-n', 'shop', 'behind'], /took eater .* by the node's clock\)$/m)
    await untilDescribed(['pod', '-n', 'shop', 'ahead'], /took eater/)
    const names = ['once', 'behind', 'ahead']
    const events = (await eventsIn('shop')).filter(({ regarding }) => names.includes(regarding.name))
    expect(events.map(({ regarding, note }) => `${regarding.name}: ${note.split(' ')[3]}`).sort()).toEqual([
      'ahead: eater',
      'behind: eater',
      'once: eater',
      'once: second',
    ])
    expect(events.every(({ series }) => series === undefined)).toBe(true)
  }, 60_000)

  it('counts on while the apiserver refuses every Event, says so, and says how many were not told', async () => {
    const pod = await world.makePod({ name: 'quiet' })
    const { rules } = await world.get<{ rules: { apiGroups: string[] }[] }>('clusterrole', 'oomkeeper-operator')
    const path = `/rules/${rules.findIndex(({ apiGroups }) => apiGroups.includes('events.k8s.io'))}/verbs`
    const allow = (value: readonly string[]): Promise<string> => {
      const patch = JSON.stringify([{ op: 'replace', path, value }])
      return world.api.kubectl(['patch', 'clusterrole', 'oomkeeper-operator', '--type=json', '-p', patch])
    }
    await allow(['get'])
    const { program, baseUrl } = await world.readyOperator()
    await world.publishKills(30, inPod(pod))
    await world.untilKills('pod.quiet.app', 30)
    await program.said('expected the apiserver to take an Event, got 403')
    expect((await fetch(`${baseUrl}/readyz`)).status).toBe(200)
    expect(await metricOf(baseUrl, /^oomkeeper_operator_retries_total\{part="events"\} (\d+)$/m)).toBeGreaterThan(0)
    await allow(['create', 'patch'])
    await untilDescribed(['pod', '-n', 'shop', 'quiet'], /OOMVictim +\S+ \(x30 over \S+\)/)
  }, 60_000)
})
