import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import type { NodeRanking } from '../../operator/api/nodeRanking.ts'
import type { Cluster } from '../cluster/attach.ts'
import { runCommand } from '../cluster/process/run.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { maskOf, parseCapabilitySets } from '../support/agentRights.ts'
import { nextSequence, readKills, type KernelKill } from '../support/kernelLog.ts'
import { forwardPort } from '../support/forwardedPort.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import { KillStreamView } from '../support/killStream.ts'
import { KillingCgroup } from '../support/memcgKill.ts'
import { listReports, untilReported, type OomReport } from '../support/reports.ts'
import { useInstalledProduct } from '../support/useInstalledProduct.ts'
import { eaterManifest, listManifest, type Eater } from '../support/workload.ts'

const NAMESPACE = 'first-light'
const OOMKEEPER = new URL('../../bin/oomkeeper', import.meta.url).pathname
// Kills a second apart: the kernel prints ten dumps in five seconds for the whole machine.
const eater = (name: string, rest: Partial<Eater> = {}): Eater => ({
  namespace: NAMESPACE,
  name,
  container: 'app',
  command: `${name}-w`,
  limitMib: 48,
  in: 'child',
  ...rest,
})

let cluster: Cluster
let product: InstalledProduct
let folder: string
let fromSequence: number

const evidence = () => product.logs()

async function start(workload: Eater): Promise<void> {
  await cluster.kubectl(['apply', '-f', '-'], { stdin: listManifest([eaterManifest(workload)]) })
}

/** The kernel's own kill lines of that workload's processes. */
function kernelKills(command: string): KernelKill[] {
  return readKills(fromSequence).filter((kill) => kill.command === command)
}

function untilKilled(command: string, count: number): Promise<KernelKill[]> {
  const probe = () => (kernelKills(command).length >= count ? kernelKills(command) : undefined)
  return waitUntil(`${count} kills of ${command}`, probe, { deadlineMs: 90_000, evidence })
}

function untilReport(name: string, holds: (report: OomReport) => boolean, deadlineMs = 30_000): Promise<OomReport> {
  return untilReported(cluster.kubectl, { namespace: NAMESPACE, name }, holds, { deadlineMs, evidence })
}

async function podStatus(name: string): Promise<{ phase: string; containerStatuses: { restartCount: number }[] }> {
  const list = JSON.parse(
    await cluster.kubectl(['get', 'pods', '-n', NAMESPACE, '-l', `app=${name}`, '-o', 'json']),
  ) as {
    items: { status: { phase: string; containerStatuses: { restartCount: number }[] } }[]
  }
  const [pod] = list.items
  if (pod === undefined) throw new Error(`expected a pod of ${name}, got none`)
  return pod.status
}

useInstalledProduct(NAMESPACE, (world) => {
  ;({ cluster, product, folder } = world)
  fromSequence = nextSequence()
})

describe('the product, installed with helm', () => {
  it('becomes ready with the values of the chart, without a restart', async () => {
    await product.install()
    const containers = await product.containers()
    expect(containers.map(({ name }) => name).toSorted()).toEqual(['agent', 'nats', 'operator', 'operator'])
    for (const container of containers) expect(container).toMatchObject({ ready: true, restartCount: 0 })
  }, 300_000)

  it('passes its own test: a real kill, and the report of it', async () => {
    const said = await product.test()
    expect(said).toContain('killed, and started again by the kubelet')
    expect(said).toMatch(/"report":"pod\.oomkeeper-test\.victim".*"scope":"ContainerLimit".*the kill is in its report/)
  }, 240_000)

  it('has dropped in its agent every capability that mode full does not need, for good', async () => {
    const { pid } = await product.processOf('agent')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const ofNode = parseCapabilitySets(readFileSync('/proc/self/status', 'utf8'))['Bnd'] ?? 0n
    const kept = maskOf(['SYSLOG', 'DAC_OVERRIDE', 'SYS_PTRACE', 'SYS_RESOURCE']) & ofNode
    expect(parseCapabilitySets(status)).toEqual({ Inh: 0n, Prm: kept, Eff: kept, Bnd: kept, Amb: 0n })
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
  }, 90_000)
})

describe('a real kill in a real pod', () => {
  it('of a child process becomes an OOMReport while Kubernetes shows nothing', async () => {
    await start(eater('lost-child'))
    const [kill] = await untilKilled('lost-child-w', 1)
    const report = await untilReport('lost-child', ({ status }) => status?.kills === 1)
    expect(report.spec).toMatchObject({ workload: { kind: 'Deployment', name: 'lost-child' }, container: 'app' })
    expect(report.status?.last).toMatchObject({ pid: kill?.pid, victim: 'lost-child-w', node: cluster.node })
    expect(report.status?.lastKills[0]).toMatchObject({
      sequence: kill?.sequence,
      victimPid: kill?.pid,
      source: 'kmsg',
    })
    expect(kill?.cgroup).toMatch(
      new RegExp(`/pod${report.status?.lastKills[0]?.podUid}/${report.status?.lastKills[0]?.containerId}$`),
    )
    expect(await podStatus('lost-child')).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 0 }] })
    const events = await cluster.kubectl([
      'get',
      'events',
      '-n',
      NAMESPACE,
      '-o',
      'custom-columns=R:.reason',
      '--no-headers',
    ])
    const ofKubernetes = events.split('\n').filter((reason) => !reason.startsWith('OOMVictim'))
    expect(ofKubernetes.join(' ')).not.toMatch(/OOM|Kill|BackOff/)
  }, 120_000)

  it('of PID 1 is not hidden: Kubernetes reports the container OOMKilled', async () => {
    await start(eater('first-process', { in: 'self', delaySeconds: 1 }))
    const report = await untilReport(
      'first-process',
      ({ status }) => status?.lastKills.some(({ hidden }) => hidden === 'No') ?? false,
      60_000,
    )
    expect(report.status?.reportedKills).toBeGreaterThan(0)
    expect(report.status?.hiddenKills).toBe(0)
    await cluster.kubectl(['delete', 'deployment', 'first-process', '-n', NAMESPACE])
  }, 120_000)

  it('outside of any pod is in the NodeOOMReport', async () => {
    const cgroup = new KillingCgroup(`oomkeeper-first-light-${process.pid}`, 16)
    const pid = await cgroup.kill()
    cgroup.remove()
    const probe = async () => {
      const report = JSON.parse(await cluster.kubectl(['get', 'nodeoomreport', cluster.node, '-o', 'json'])) as {
        status: { lastKills: { victimPid: number }[] }
      }
      return report.status.lastKills.find(({ victimPid }) => victimPid === pid)
    }
    const kill = await waitUntil('the node report', probe, { deadlineMs: 30_000, evidence })
    expect(kill).toMatchObject({ victimCommand: 'tail', scope: 'HostCgroup', reason: 'OutsidePod' })
  }, 60_000)
})

describe('every kill is counted once', () => {
  it('when the agent is killed with -9 twice during ten kills', async () => {
    await start(eater('agent-crash', { repeat: 10, everyMs: 1_000 }))
    for (const kills of [3, 6]) {
      await untilKilled('agent-crash-w', kills)
      await product.kill('agent')
    }
    const kills = await untilKilled('agent-crash-w', 10)
    const { status } = await untilReport('agent-crash', (report) => (report.status?.kills ?? 0) >= 10, 60_000)
    expect(await product.restarts('agent')).toBe(2)
    expect(kills).toHaveLength(10)
    expect(status?.kills).toBe(10)
    expect(status?.lastKills.map(({ sequence }) => sequence)).toEqual(
      kills.map(({ sequence }) => sequence).toReversed(),
    )
  }, 120_000)

  it('when the operator is killed with -9 and nats-server in between', async () => {
    await start(eater('all-crash', { repeat: 10, everyMs: 1_000 }))
    await untilKilled('all-crash-w', 2)
    await product.kill('operator')
    await untilKilled('all-crash-w', 4)
    await product.kill('nats')
    const kills = await untilKilled('all-crash-w', 10)
    const { status } = await untilReport('all-crash', (report) => (report.status?.kills ?? 0) >= 10, 60_000)
    expect([await product.restarts('operator'), await product.restarts('nats')]).toEqual([1, 1])
    expect(kills).toHaveLength(10)
    expect(status?.kills).toBe(10)
  }, 180_000)

  it('the stream holds one message for each kill line of this node since the start', async () => {
    const nats = await forwardPort(cluster, product.namespace, 'service/oomkeeper-nats', 4222)
    const stream = await KillStreamView.open({
      url: `tls://127.0.0.1:${nats.port}`,
      ...(await product.natsLogin()),
    })
    try {
      const inRing = readKills(fromSequence).map(({ sequence }) => sequence)
      const [oldest = 0] = inRing
      expect(inRing.length).toBeGreaterThan(10)
      // The ring may have let go of the first ones; the stream has not.
      const stored = (await stream.events()).map(({ sequence }) => sequence)
      expect(stored.filter((sequence) => sequence >= oldest)).toEqual(inRing)
    } finally {
      await stream.close()
      await nats.close()
    }
  }, 60_000)
})

describe('what is hidden', () => {
  it('is decided by fact: the killed children are, once 30 s have passed without a word of Kubernetes', async () => {
    const { status } = await untilReport('agent-crash', (report) => report.status?.hiddenKills === 10, 90_000)
    expect(status).toMatchObject({ hiddenKills: 10, reportedKills: 0 })
    const child = await untilReport('lost-child', (report) => report.status?.hiddenKills === 1, 60_000)
    expect(child.status?.last.hidden).toBe('Yes')
  }, 180_000)
})

describe('who would be next', () => {
  it('is answered for a node by `oomkeeper rank --node`, through kubectl port-forward', async () => {
    const PATH = `${cluster.programFolder}:${process.env['PATH']}`
    const env = { PATH, HOME: folder, KUBECONFIG: cluster.kubeconfig }
    const rank = [OOMKEEPER, 'rank', '--node', cluster.node, '--top', '50', '--output', 'json'] as const
    const { candidates } = JSON.parse(await runCommand(rank, { env })) as NodeRanking
    const own = candidates.find(({ namespace, containerName }) => namespace === NAMESPACE && containerName === 'app')
    expect(own?.podName).toMatch(/^(lost-child|agent-crash|all-crash)-/)
  }, 60_000)
})

describe('both programs', () => {
  it('end by themselves when asked to', async () => {
    expect(await product.stop('agent')).toBe(0)
    expect(await product.stop('operator')).toBe(0)
  }, 150_000)
})

describe('uninstalling it', () => {
  it('leaves every report', async () => {
    // Until then the other operator goes on deciding which kills were hidden.
    const counted = async () =>
      (await listReports(cluster.kubectl, NAMESPACE)).map(({ metadata: { name, uid }, spec, status }) => {
        const sequences = status?.lastKills.map(({ sequence }) => sequence)
        return { name, uid, spec, kills: status?.kills, sequences }
      })
    const before = await counted()
    await product.uninstall()
    expect(await counted()).toEqual(before)
    expect(before.length).toBeGreaterThan(3)
  }, 150_000)
})
