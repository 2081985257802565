import { HOG_IMAGE } from '../cluster/images/importImages.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { fillSecondNode } from '../support/twoNodes.ts'
import { onNode } from '../support/workload.ts'
import { untilComplete } from './agentMetrics.ts'
import type { Chapter } from './chapter.ts'
import type { E2eWorld } from './e2eWorld.ts'
import { killInService, withPodsLimited, type NodeHands } from './nodeHands.ts'
import { lastKillsOf, readAllReports, type ReportedKill } from './reportedKills.ts'

const NAMESPACE = 'e2e-scopes'
const LIMIT = { limits: { memory: '48Mi' } }

/** A kill that is to come: in a pod of that name, or outside of all. */
interface Site {
  node: string
  pod?: string
  /** As the kernel calls the victim. */
  command: string
  scope: string
  hidden?: 'Yes' | 'No'
  /** Others that go with it, the cgroup being killed as a whole. */
  alsoKilled?: number
}

type Hog = { name: string; mib: number } & ({ in: 'self' } | { in: 'child' })

function hogContainer(name: string, hog: Hog, resources: object = {}): object {
  const args = [`--in=${hog.in}`, `--name=${hog.name}`, `--mib=${hog.mib}`, '--delay=1s']
  return { name, image: HOG_IMAGE, imagePullPolicy: 'Never', args, resources }
}

function pod(node: string, name: string, containers: readonly object[], resources?: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      ...onNode(node),
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      containers,
      ...(resources && { resources }),
    },
  }
}

/** Which pods there are, by the limit that they are to meet. Their names are those of the victims. */
const at = (what: string, node: string): string => `${what}-${node.slice(-1)}`

async function untilKilled({ evidence }: E2eWorld, node: NodeHands, command: string): Promise<void> {
  const killed = (): true | undefined => (node.kills().some((kill) => kill.command === command) ? true : undefined)
  await waitUntil(`the kernel of ${node.name} to kill ${command}`, killed, {
    deadlineMs: 120_000,
    everyMs: 200,
    evidence,
  })
}

/** Where a container's limit, or that of all of its pod, is met. */
async function killInPods(world: E2eWorld, node: NodeHands): Promise<Site[]> {
  const [child, own, whole] = [at('child', node.name), at('own', node.name), at('whole', node.name)]
  // Without a limit: were each container's known, the kubelet would give their sum to the pod, which would be met first.
  const beside = hogContainer('beside', { in: 'child', name: 'beside', mib: 4 })
  await world.apply(
    pod(node.name, child, [hogContainer('app', { in: 'child', name: child, mib: 200 }, LIMIT), beside]),
    pod(node.name, own, [hogContainer('app', { in: 'self', name: own, mib: 200 }, LIMIT), beside]),
    // The limit is the pod's; its containers have none.
    pod(node.name, whole, [hogContainer('app', { in: 'self', name: whole, mib: 256 }), beside], {
      requests: { memory: '32Mi' },
      limits: { memory: '64Mi' },
    }),
  )
  for (const command of [child, own, whole]) await untilKilled(world, node, command)
  const isGroup = node.kills().some(({ lines }) => lines.some((line) => line.includes('due to memory.oom.group set')))
  return [
    {
      node: node.name,
      pod: child,
      command: child,
      scope: 'ContainerLimit',
      // With its container, of which Kubernetes tells; alone, Kubernetes sees nothing.
      ...(isGroup ? { hidden: 'No', alsoKilled: 1 } : { hidden: 'Yes' }),
    },
    { node: node.name, pod: own, command: own, scope: 'ContainerLimit', hidden: 'No' },
    { node: node.name, pod: whole, command: whole, scope: 'PodLimit', hidden: 'No' },
  ]
}

/** An ancestor's limit: that of all pods of the node. The one without requests is taken first. */
async function killInKubepods(world: E2eWorld, node: NodeHands): Promise<Site> {
  const name = at('ancestor', node.name)
  await withPodsLimited(node, 128, async () => {
    await world.apply(pod(node.name, name, [hogContainer('app', { in: 'self', name, mib: 1_024 })]))
    await untilKilled(world, node, name)
  })
  return { node: node.name, pod: name, command: name, scope: 'Kubepods', hidden: 'No' }
}

async function killOutside(node: NodeHands): Promise<Site> {
  await killInService(node, `e2e-service-${process.pid}`)
  return { node: node.name, command: 'tail', scope: 'HostCgroup' }
}

/** The memory of the whole node: never that of this machine. */
async function killForNode(world: E2eWorld): Promise<Site> {
  const { cluster, evidence } = world
  const { name: node } = cluster.second
  const name = at('holder', node)
  await world.apply(pod(node, name, [hogContainer('app', { in: 'self', name, mib: 300 })]))
  const holds = async () =>
    (await cluster.kubectl(['logs', '-n', NAMESPACE, name])).includes('holding') ? true : undefined
  await waitUntil(`${name} to hold its memory`, holds, { deadlineMs: 120_000, evidence })
  const kills = await fillSecondNode(cluster.second)
  if (!kills.some(({ command, lines }) => command === name && lines.join('\n').includes('CONSTRAINT_NONE')))
    throw new Error(
      `expected the kernel to take ${name} for the node's memory, got ${kills.map(({ command }) => command).join(', ')}`,
    )
  return { node, pod: name, command: name, scope: 'Node', hidden: 'No' }
}

/** What does not hold of the report of a site. */
function judge(site: Site, kills: readonly ReportedKill[], killedPids: ReadonlySet<number | undefined>): string[] {
  const ofSite = kills.filter(
    ({ workload, record }) => record.node === site.node && workload === site.pod && killedPids.has(record.victimPid),
  )
  const found = ofSite.find(({ record }) => record.victimCommand === site.command)
  if (found === undefined) return [`${site.command} on ${site.node}: in no report`]
  const { record } = found
  const wrong = [
    ...(record.scope === site.scope ? [] : [`${site.command}: expected scope ${site.scope}, got ${record.scope}`]),
    ...(ofSite.length === 1 + (site.alsoKilled ?? 0) || site.pod === undefined
      ? []
      : [`${site.command}: expected ${1 + (site.alsoKilled ?? 0)} kills in the report, got ${ofSite.length}`]),
  ]
  if (site.hidden === undefined) return wrong
  const verdict = 'hidden' in record ? record.hidden : 'none'
  return verdict === site.hidden ? wrong : [...wrong, `${site.command}: expected Hidden ${site.hidden}, got ${verdict}`]
}

async function run(world: E2eWorld): Promise<void> {
  const { story, nodes, tally, cluster, evidence } = world
  await world.makeNamespace(NAMESPACE)
  const sites: Site[] = []
  for (const node of nodes) {
    story.progress(`${node.name}: a child and a first process in containers, and a pod with a limit of its own …`)
    sites.push(...(await killInPods(world, node)))
    story.progress(`${node.name}: the limit of all its pods …`)
    sites.push(await killInKubepods(world, node))
    story.progress(`${node.name}: a service of its own …`)
    sites.push(await killOutside(node))
  }
  story.progress(`${cluster.second.name}: the memory of all of it …`)
  sites.push(await killForNode(world))
  await tally.untilTold(evidence)

  const pids = new Set(nodes.flatMap((node) => node.kills().map(({ pid }) => pid)))
  const kills = async (): Promise<ReportedKill[]> => lastKillsOf(await readAllReports(cluster.kubectl))
  const wrong = async (): Promise<string[]> => {
    const told = await kills()
    return sites.flatMap((site) => judge(site, told, pids))
  }
  story.progress('which of them Kubernetes has hidden is known 30 s after the kill …')
  const right = async (): Promise<true | undefined> => ((await wrong()).length === 0 ? true : undefined)
  const what = async (): Promise<string> => `${(await wrong()).join('\n')}\n${await evidence()}`
  await waitUntil('each kill to be in a report as it was', right, { deadlineMs: 60_000, everyMs: 500, evidence: what })

  for (const { node, command, scope, hidden, alsoKilled = 0 } of sites) {
    const report = (await kills()).find(
      ({ record }) => record.node === node && record.victimCommand === command,
    )?.report
    const group = alsoKilled > 0 ? `, and ${alsoKilled} more with its cgroup` : ''
    story.say(
      `   ${node}  ${scope.padEnd(14)} ${command.padEnd(11)} ${hidden ? `hidden: ${hidden}` : ''}${group}  ${report}`,
    )
  }
  for (const [node, { kernelKills, before, lines, lost, unseen }] of await untilComplete(world))
    story.say(`   ${node}: kernel ${kernelKills} = before ${before} + lines ${lines} + lost ${lost} + unseen ${unseen}`)
}

export const scopes: Chapter = {
  name: 'scopes',
  title: 'Every scope on both nodes: containers, pods, all pods, a service, and the memory of the whole second node',
  isShort: true,
  run,
}
