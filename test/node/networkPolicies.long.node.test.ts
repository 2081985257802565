import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Cluster } from '../cluster/attach.ts'
import { API_PORT, API_SERVICE_ADDRESS, BRIDGE_ADDRESS, NATS_PORT } from '../cluster/names.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { scoreOf } from '../support/fakeContainer.ts'
import { HeededPolicies } from '../support/heededPolicies.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import { listNetworkedPods, reachedFrom, type NetworkedPod } from '../support/podNetwork.ts'
import { untilReported } from '../support/reports.ts'
import { steadyPodManifest, untilPodsRun } from '../support/steadyPods.ts'
import { useInstalledProduct } from '../support/useInstalledProduct.ts'
import { eaterManifest, listManifest, namespaceManifest } from '../support/workload.ts'

const NAMESPACE = 'policed'
const MONITORING = 'policed-monitoring'
const SCORE = 900
const ON = [
  'networkPolicy.enabled=true',
  `networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name=${MONITORING}`,
]

/** What the policies know an agent by, which is worth nothing in another namespace. */
const OF_AGENTS = {
  'app.kubernetes.io/name': 'oomkeeper',
  'app.kubernetes.io/instance': 'oomkeeper',
  'app.kubernetes.io/component': 'agent',
}

/** Everything that listens, by what it is: of the product, and of the cluster around it. */
const AROUND = {
  apiserver: `${BRIDGE_ADDRESS}:${API_PORT}`,
  'apiserver’s Service': `${API_SERVICE_ADDRESS}:443`,
  DNS: `${BRIDGE_ADDRESS}:53`,
  kubelet: `${BRIDGE_ADDRESS}:10250`,
  'another NATS': `${BRIDGE_ADDRESS}:${NATS_PORT}`,
}
const OF_PRODUCT = ['NATS', 'monitoring of NATS', 'metrics of an agent', 'metrics of an operator']
const EVERYTHING = [...Object.keys(AROUND), ...OF_PRODUCT]
const APISERVER = ['apiserver', 'apiserver’s Service']

let cluster: Cluster
let product: InstalledProduct
let policies: HeededPolicies

const evidence = async (): Promise<string> => `${policies.evidence()}\n${await product.logs()}`

/** From each kind of pod, what a connection to comes about; a pod is not asked for what it serves itself. */
async function whatIsReached(): Promise<Record<string, string[]>> {
  const pods = await listNetworkedPods(cluster.kubectl)
  const find = (what: string, holds: (pod: NetworkedPod) => boolean): NetworkedPod => {
    const found = pods.find(holds)
    if (found === undefined) throw new Error(`expected ${what} among the pods, got none`)
    return found
  }
  const part = (component: string): NetworkedPod =>
    find(
      component,
      ({ namespace, labels }) => namespace === product.namespace && labels['app.kubernetes.io/component'] === component,
    )
  const stranger = (namespace: string): NetworkedPod =>
    find(`a stranger in ${namespace}`, (pod) => pod.namespace === namespace && pod.name === 'stranger')
  const [agent, operator, nats] = [part('agent'), part('operator'), part('nats')]
  const targets: Record<string, string> = {
    ...AROUND,
    NATS: `${nats.address}:4222`,
    'monitoring of NATS': `${nats.address}:8222`,
    'metrics of an agent': `${agent.address}:9464`,
    'metrics of an operator': `${operator.address}:9465`,
  }
  const sources = {
    agent,
    operator,
    nats,
    stranger: stranger(NAMESPACE),
    neighbour: stranger(product.namespace),
    monitoring: stranger(MONITORING),
  }
  const reached: Record<string, string[]> = {}
  for (const [name, from] of Object.entries(sources)) {
    const asked = Object.entries(targets).filter(([, target]) => !target.startsWith(`${from.address}:`))
    const came = await reachedFrom(
      from,
      asked.map(([, target]) => target),
    )
    reached[name] = asked.filter(([, target]) => came.includes(target)).map(([what]) => what)
  }
  return reached
}

/** Rules come some moments after the pods and policies of which they are made; from then on they hold. */
async function expectReached(wanted: Record<string, string[]>): Promise<void> {
  const isSo = async (): Promise<true | undefined> =>
    JSON.stringify(await whatIsReached()) === JSON.stringify(wanted) ? true : undefined
  await waitUntil('the network to heed the policies', isSo, { deadlineMs: 15_000, everyMs: 500 }).catch(() => undefined)
  expect(await whatIsReached()).toEqual(wanted)
}

afterAll(async () => {
  await policies?.end()
  await cluster?.kubectl(['delete', 'namespace', MONITORING, '--ignore-not-found', '--wait=false'])
}, 60_000)
useInstalledProduct(NAMESPACE, (world) => {
  ;({ cluster, product } = world)
})
beforeAll(async () => {
  policies = await HeededPolicies.start(cluster, () => undefined)
  const namespaces = [NAMESPACE, MONITORING, product.namespace]
  const pods = namespaces.map((namespace) => {
    const labels = namespace === product.namespace ? { app: 'stranger' } : { app: 'stranger', ...OF_AGENTS }
    return steadyPodManifest(namespace, { name: 'stranger', labels })
  })
  await cluster.kubectl(['apply', '-f', '-'], { stdin: listManifest([...namespaces.map(namespaceManifest), ...pods]) })
  for (const namespace of namespaces) await untilPodsRun(cluster.kubectl, namespace, ['stranger'])
}, 600_000)

describe("the chart's NetworkPolicies, in a network that heeds them", () => {
  it('let the product come up, a kill of a pod into its report, and its own test pass', async () => {
    await product.install(ON)
    const containers = await product.containers()
    const names = containers.map(({ name }) => name).filter((name) => name !== 'app')
    expect(names.toSorted()).toEqual(['agent', 'nats', 'operator', 'operator'])
    const workload = {
      namespace: NAMESPACE,
      name: 'eater',
      container: 'app',
      command: 'policed-w',
      limitMib: 48,
      in: 'child',
    } as const
    await cluster.kubectl(['apply', '-f', '-'], { stdin: listManifest([eaterManifest(workload)]) })
    const eaten = { namespace: NAMESPACE, name: workload.name }
    await untilReported(cluster.kubectl, eaten, ({ status }) => status?.kills === 1, { deadlineMs: 60_000, evidence })
    expect(await product.test()).toContain('the kill is in its report')
  }, 600_000)

  it('let through what the parts need and nothing else', async () => {
    await expectReached({
      agent: ['DNS', 'NATS'],
      operator: [...APISERVER, 'DNS', 'NATS'],
      nats: [],
      stranger: Object.keys(AROUND),
      neighbour: Object.keys(AROUND),
      monitoring: [...Object.keys(AROUND), 'metrics of an agent', 'metrics of an operator'],
    })
  }, 60_000)

  it('are what refuses: without them every pod reaches everything', async () => {
    await product.upgrade(['networkPolicy.enabled=false'])
    await expectReached({
      agent: EVERYTHING.filter((what) => what !== 'metrics of an agent'),
      operator: EVERYTHING.filter((what) => what !== 'metrics of an operator'),
      nats: Object.keys(AROUND).concat('metrics of an agent', 'metrics of an operator'),
      stranger: EVERYTHING,
      neighbour: EVERYTHING,
      monitoring: EVERYTHING,
    })
  }, 300_000)

  it('let uninstall give the scores back', async () => {
    await product.upgrade(ON)
    const spec = {
      podSelector: { matchLabels: { app: 'stranger' } },
      oomScoreAdj: { value: SCORE },
      allowCrossQoS: true,
      mode: 'Enforce',
    }
    const policy = { apiVersion: 'oomkeeper.io/v1alpha1', kind: 'OOMPolicy', metadata: { name: 'policed' }, spec }
    const pods = await listNetworkedPods(cluster.kubectl)
    const stranger = pods.find(({ namespace, name }) => namespace === NAMESPACE && name === 'stranger')
    const score = (): number => scoreOf(stranger?.process.pid ?? 0)
    const start = score()
    await cluster.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(policy) })
    await waitUntil('the score', () => (score() === SCORE ? true : undefined), { deadlineMs: 30_000, evidence })
    await product.uninstall()
    expect(score()).toBe(start)
  }, 300_000)
})
