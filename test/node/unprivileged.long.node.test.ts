import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Cluster } from '../cluster/attach.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { maskOf, parseCapabilitySets } from '../support/agentRights.ts'
import { findContainerProcess } from '../support/containerProcess.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import { nextSequence, readKills, type KernelKill } from '../support/kernelLog.ts'
import { KMSG_RESOURCE, KmsgPlugin } from '../support/kmsgPlugin.ts'
import { untilReported, type OomReport } from '../support/reports.ts'
import { steadyPodManifest, untilPodsRun } from '../support/steadyPods.ts'
import { useInstalledProduct } from '../support/useInstalledProduct.ts'
import { eaterManifest, listManifest } from '../support/workload.ts'

const NAMESPACE = 'unprivileged'
const UNPRIVILEGED = ['agent.mode=detect', 'agent.privileged=false', `agent.kmsgDevice=${KMSG_RESOURCE}`]

let cluster: Cluster
let product: InstalledProduct
let plugin: KmsgPlugin
let fromSequence: number

const evidence = () => product.logs()
const apply = (...items: readonly object[]) => cluster.kubectl(['apply', '-f', '-'], { stdin: listManifest(items) })

/** Has the kernel kill a pod's process: a child of its first one, or that itself. @returns the kernel's own first line of it */
async function killIn(name: string, which: 'child' | 'self'): Promise<KernelKill> {
  const command = `${name}-w`
  const eater = { namespace: NAMESPACE, name, container: 'app', command, limitMib: 48, delaySeconds: 1, in: which }
  await apply(eaterManifest(eater))
  const killed = () => readKills(fromSequence).find((kill) => kill.command === command)
  return waitUntil(`a kill of ${command}`, killed, { deadlineMs: 60_000, evidence })
}

function untilReport(name: string, holds: (report: OomReport) => boolean, deadlineMs = 30_000): Promise<OomReport> {
  return untilReported(cluster.kubectl, { namespace: NAMESPACE, name }, holds, { deadlineMs, evidence })
}

/** Waits until a kill is in the report of its workload, and holds that one against the kernel's words. */
async function expectReported(name: string, kill: KernelKill): Promise<void> {
  const { spec, status } = await untilReport(name, (report) => (report.status?.kills ?? 0) > 0)
  expect(spec).toMatchObject({ workload: { kind: 'Deployment', name }, container: 'app' })
  const told = status?.lastKills.find(({ sequence }) => sequence === kill.sequence)
  // A pod of one container has its limit, and the sandbox beside it: either may be met first.
  const limit = /,oom_memcg=([^,]*)/.exec(kill.lines.join('\n'))?.[1]
  const scope = limit === kill.cgroup ? 'ContainerLimit' : 'PodLimit'
  expect(told).toMatchObject({ victimPid: kill.pid, victimCommand: kill.command, scope })
  expect(told).toMatchObject({ node: cluster.node, source: 'kmsg' })
  expect(told?.podName).toMatch(new RegExp(`^${name}-`))
  expect(kill.cgroup).toMatch(new RegExp(`/pod${told?.podUid}/${told?.containerId}$`))
}

/** What a process may open, as its device cgroup has it, and which devices it sees. */
function devicesOf(pid: number): { allowed: string[]; seen: string[] } {
  const path = /:devices:(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? ''
  const allowed = readFileSync(join('/sys/fs/cgroup/devices', path, 'devices.list'), 'utf8')
    .trimEnd()
    .split('\n')
  return { allowed, seen: readdirSync(`/proc/${pid}/root/dev`) }
}

/** The first process of a pod's only container. */
async function containerProcessOf(name: string): Promise<number> {
  const field = '-o=jsonpath={.status.containerStatuses[0].containerID}'
  const id = (await cluster.kubectl(['get', 'pod', name, '-n', NAMESPACE, field])).replace('containerd://', '')
  const found = findContainerProcess(id)
  if (found === undefined) throw new Error(`expected a process of ${name}, got none`)
  return found.pid
}

afterAll(async () => plugin?.remove(), 60_000)
useInstalledProduct(NAMESPACE, (world) => {
  ;({ cluster, product } = world)
})
beforeAll(async () => {
  fromSequence = nextSequence()
  plugin = await KmsgPlugin.start(cluster, () => undefined)
}, 600_000)

describe.each([
  { where: 'in the node’s PID namespace', name: 'beside', values: UNPRIVILEGED },
  { where: 'with the node’s /proc', name: 'apart', values: [...UNPRIVILEGED, 'agent.hostPID=false'] },
])('the agent without privileges, its log from a device plugin, $where', ({ name, values }) => {
  it('becomes ready', async () => {
    if (name === 'beside') await product.install(values)
    else await product.upgrade(values)
    const agents = (await product.containers()).filter((container) => container.name === 'agent')
    expect(agents).toMatchObject([{ ready: true, restartCount: 0 }])
  }, 300_000)

  it('has CAP_SYSLOG and no other capability, for good, and a filter of system calls', async () => {
    const { pid } = await product.processOf('agent')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const syslog = maskOf(['SYSLOG'])
    expect(parseCapabilitySets(status)).toEqual({ Inh: 0n, Prm: syslog, Eff: syslog, Bnd: syslog, Amb: 0n })
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(status).toMatch(/^Seccomp:\s+2$/m)
  }, 90_000)

  it('has of the node’s devices the kernel’s log, to read, and what every container has', async () => {
    await apply(steadyPodManifest(NAMESPACE, { name: 'any', labels: {} }))
    await untilPodsRun(cluster.kubectl, NAMESPACE, ['any'])
    const ofAny = devicesOf(await containerProcessOf('any'))
    const ofAgent = devicesOf((await product.processOf('agent')).pid)
    expect(ofAgent.allowed.filter((rule) => !ofAny.allowed.includes(rule))).toEqual(['c 1:11 r'])
    expect(ofAgent.seen.filter((device) => !ofAny.seen.includes(device))).toEqual(['kmsg'])
  }, 120_000)

  it('tells the kill of a child and that of a container’s first process, with pod and container', async () => {
    const child = await killIn(`${name}-child`, 'child')
    const first = await killIn(`${name}-first`, 'self')
    await expectReported(`${name}-child`, child)
    await expectReported(`${name}-first`, first)
  }, 180_000)
})

describe('what they told', () => {
  it.each(['beside', 'apart'])(
    'is hidden of a child, and not of a container (%s)',
    async (name) => {
      const child = await untilReport(`${name}-child`, ({ status }) => status?.hiddenKills === 1, 60_000)
      expect(child.status).toMatchObject({ kills: 1, hiddenKills: 1, reportedKills: 0 })
      const first = await untilReport(`${name}-first`, ({ status }) => (status?.reportedKills ?? 0) > 0, 60_000)
      expect(first.status?.hiddenKills).toBe(0)
    },
    150_000,
  )
})
