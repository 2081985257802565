import { expect, it } from '@jest/globals'
import { VERSION } from '../../program/version.ts'
import { PRODUCT_REPOSITORY } from '../../hack/images/productImage.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import type { KernelKill } from '../support/kernelLog.ts'
import { describeUnless } from '../support/leftOut.ts'
import { listReports, type OomReport } from '../support/reports.ts'
import {
  exhaustSecondNode,
  hogPodManifest,
  noTwoNodes,
  OPERATOR_ON_FIRST_NODE,
  readSecondNodeKills,
  type TwoNodes,
} from '../support/twoNodes.ts'
import { useInstalledProductOnTwoNodes } from '../support/useInstalledProduct.ts'
import { listManifest, onNode } from '../support/workload.ts'

const NAMESPACE = 'two-nodes'
const PORT = 8080
const GREET = `require('http').createServer((_, answer) => answer.end(process.env.NODE)).listen(${PORT})`

/** A pod that tells everyone which node it is on, and a Service for it. */
function greeter(node: string): object[] {
  const name = `greeter-${node}`
  const container = {
    name: 'app',
    image: `${PRODUCT_REPOSITORY}:${VERSION}`,
    command: ['/nodejs/bin/node', '-e', GREET],
    env: [{ name: 'NODE', value: node }],
    readinessProbe: { httpGet: { path: '/', port: PORT }, periodSeconds: 1 },
  }
  const metadata = { name, namespace: NAMESPACE, labels: { app: name } }
  const spec = { ...onNode(node), terminationGracePeriodSeconds: 1, containers: [container] }
  return [
    { apiVersion: 'v1', kind: 'Pod', metadata, spec },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: name }, ports: [{ port: PORT }] } },
  ]
}

/** Each once: a process that is killed with its cgroup may have two lines. */
function commandsOf(kills: readonly KernelKill[]): string[] {
  return [...new Set(kills.map(({ command }) => command))]
}

describeUnless(noTwoNodes, 'a cluster of this machine and a virtual one', () => {
  let cluster: TwoNodes
  let product: InstalledProduct

  const evidence = (): Promise<string> => product.logs()
  const apply = (...items: readonly object[]): Promise<string> =>
    cluster.kubectl(['apply', '-f', '-'], { stdin: listManifest(items) })

  function untilReported(name: string): Promise<OomReport> {
    const reported = async () =>
      (await listReports(cluster.kubectl, NAMESPACE)).find(
        ({ spec, status }) => spec.workload.name === name && status !== undefined,
      )
    return waitUntil(`the report of ${name}`, reported, { deadlineMs: 120_000, evidence })
  }

  /** What a pod on a node is told at an address. */
  function ask(from: string, address: string): Promise<string> {
    const fetched = `fetch('http://${address}:${PORT}').then((a) => a.text()).then(console.log)`
    const inside = ['--', '/nodejs/bin/node', '-e', fetched]
    return cluster.kubectl(['exec', '-n', NAMESPACE, `greeter-${from}`, ...inside])
  }

  useInstalledProductOnTwoNodes(NAMESPACE, (world) => {
    ;({ cluster, product } = world)
  })

  it('has two kernels', async () => {
    const field = '{range .items[*]}{.metadata.name} {.status.nodeInfo.kernelVersion}{"\\n"}{end}'
    const nodes = (await cluster.kubectl(['get', 'nodes', '-o', `jsonpath=${field}`])).trim().split('\n')
    expect(nodes).toEqual([
      expect.stringMatching(/^node-a /),
      `node-b ${(await cluster.second.run('uname -r')).trim()}`,
    ])
    expect(nodes[1]).toMatch(/^node-b 6\.12\..*-cloud-amd64$/)
  }, 60_000)

  it('lets pods of either node reach those of the other, by address and by the name of a Service; exec and logs work', async () => {
    await apply(...cluster.nodes.flatMap(greeter))
    const pods = cluster.nodes.map((node) => `pod/greeter-${node}`)
    await cluster.kubectl(['wait', '-n', NAMESPACE, '--for=condition=Ready', '--timeout=120s', ...pods], {
      timeoutMs: 130_000,
    })
    for (const to of cluster.nodes) {
      const field = 'jsonpath={.status.podIP}'
      const address = await cluster.kubectl(['get', 'pod', '-n', NAMESPACE, `greeter-${to}`, '-o', field])
      for (const from of cluster.nodes) {
        await expect(ask(from, address)).resolves.toBe(`${to}\n`)
        await expect(ask(from, `greeter-${to}`)).resolves.toBe(`${to}\n`)
      }
      await expect(cluster.kubectl(['logs', '-n', NAMESPACE, `greeter-${to}`])).resolves.toBe('')
    }
  }, 300_000)

  it('has a ready agent on each node once the chart is installed', async () => {
    await product.install([OPERATOR_ON_FIRST_NODE])
    const agents = (await product.containers()).filter(({ name }) => name === 'agent')
    expect(agents.map(({ nodeName }) => nodeName).toSorted()).toEqual(cluster.nodes)
    for (const agent of agents) expect(agent).toMatchObject({ ready: true, restartCount: 0 })
  }, 300_000)

  it('gives a report of a kill on each node', async () => {
    // One process, since with cgroup v2 a container dies whole, and is not with cgroup v1.
    const resources = { limits: { memory: '48Mi' } }
    const limited = (node: string): object =>
      hogPodManifest({ namespace: NAMESPACE, name: `limited-${node}`, node, command: `${node}-w`, mib: 200, resources })
    const before = readSecondNodeKills(cluster.second)
    await apply(...cluster.nodes.map(limited))
    for (const node of cluster.nodes) {
      const { status } = await untilReported(`limited-${node}`)
      expect(status).toMatchObject({ kills: 1, last: { node, victim: `${node}-w` } })
    }
    expect(commandsOf(readSecondNodeKills(cluster.second).slice(before.length))).toEqual(['node-b-w'])
  }, 180_000)

  it('gives a report of a pod that dies because the memory of its node has run out', async () => {
    const kills = await exhaustSecondNode(cluster, { namespace: NAMESPACE, name: 'greedy', command: 'greedy-w' })
    expect(commandsOf(kills)).toEqual(['greedy-w'])
    expect(kills[0]?.lines.join('\n')).toContain('constraint=CONSTRAINT_NONE')
    const { status } = await untilReported('greedy')
    expect(status).toMatchObject({ kills: 1, last: { node: 'node-b', scope: 'Node', victim: 'greedy-w' } })
  }, 480_000)

  it('is whole again when the power of its machine was cut: what is on its disk is still there', async () => {
    const { second, part, kubectl } = cluster
    await second.run('echo 1 > /var/lib/oomkeeper/witness; sync')
    const before = await second.run('cat /proc/sys/kernel/random/boot_id')
    await part(second.name).kill()
    await part(second.name).start()
    expect(await second.run('cat /proc/sys/kernel/random/boot_id')).not.toBe(before)
    await expect(second.run('cat /var/lib/oomkeeper/witness')).resolves.toBe('1\n')
    const pod = { namespace: NAMESPACE, name: 'after', node: second.name, command: 'after-w', mib: 8 }
    await apply(hogPodManifest(pod))
    await kubectl(['wait', '-n', NAMESPACE, '--for=condition=Ready', '--timeout=120s', 'pod/after'], {
      timeoutMs: 130_000,
    })
  }, 300_000)
})
