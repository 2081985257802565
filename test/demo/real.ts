import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { downCluster, reserveCluster } from '../cluster/cluster.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { nextSequence, readKills, type KernelKill } from '../support/kernelLog.ts'
import { Stack } from '../support/stack.ts'
import { eaterManifest, listManifest, namespaceManifest } from '../support/workload.ts'
import { showReports, SHOP, type Expected } from './reports.ts'
import type { Story } from './story.ts'

/** What `make demo` makes on this machine, told before the first of it is made. */
export const REAL_PLAN = [
  'a Kubernetes cluster of one node in network and mount namespaces of its own (processes below /oomkeeper-test in every cgroup hierarchy)',
  'a network device pair (oomk-test0), files in /var/lib/oomkeeper-test and a folder in the temporary folder',
  'binaries built from Go modules, kept in the user cache folder for the next time; missing Debian packages are installed',
  'a Deployment in that cluster whose child process eats more memory than its container may have: the kernel kills the child',
]

interface PodList {
  items: { metadata: { name: string }; status: { phase: string; containerStatuses?: { containerID?: string }[] } }[]
}

/** The main job on a real kill. @returns kills in the kernel, and kills in the reports. */
export async function demoRealKill(story: Story, keep: boolean): Promise<[inKernel: number, inReports: number]> {
  story.step('A real cluster on this machine')
  const cluster = await reserveCluster({ log: story.progress, ...(keep ? {} : { ownerPid: process.pid }) })
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-demo-'))
  let stack: Stack | undefined
  try {
    story.show('kubectl get nodes', await cluster.kubectl(['get', 'nodes']))

    story.step('oomkeeper: its kinds, the agent on the node, and the operator')
    const fromSequence = nextSequence()
    stack = await Stack.start(cluster, { node: cluster.node, folder })
    story.say('   agent and operator run as processes of this machine and are ready')

    story.step(
      `A Deployment whose child process wants ${SHOP.limitMib * 4} MiB where its container may have ${SHOP.limitMib}`,
    )
    const manifest = listManifest([namespaceManifest(SHOP.namespace), eaterManifest(SHOP)])
    story.show('kubectl apply -f checkout.yaml', await cluster.kubectl(['apply', '-f', '-'], { stdin: manifest }))
    const containerId = await waitUntil('the pod to run', () => findContainer(cluster.kubectl), { deadlineMs: 60_000 })
    const [kill] = await waitUntil('the kernel to kill the child', () => killsIn(containerId, fromSequence), {
      deadlineMs: 30_000,
    })
    if (kill === undefined) throw new Error('expected a kill')

    story.step('What the kernel said')
    const telling = kill.lines.filter((line) =>
      /invoked oom-killer|^memory: usage|^oom-kill:|Killed process/.test(line),
    )
    story.show("dmesg | grep -E 'oom|memory: usage|Killed process'", telling.join('\n'))

    story.step('What Kubernetes says: Running, 0 restarts, and no event that speaks of it')
    story.show(`kubectl get pods -n ${SHOP.namespace}`, await cluster.kubectl(['get', 'pods', '-n', SHOP.namespace]))
    const reasons = [
      'get',
      'events',
      '-n',
      SHOP.namespace,
      '-o',
      'custom-columns=REASON:.reason,MESSAGE:.message',
      '--no-headers',
    ]
    const events = (await cluster.kubectl(reasons))
      .split('\n')
      .filter((line) => /oom ?kill|killed|out of memory/i.test(line))
    story.show(`kubectl get events -n ${SHOP.namespace} | grep -iE 'oom ?kill|killed|out of memory'`, events.join('\n'))

    const expected: Expected = { pid: kill.pid, command: kill.command, node: cluster.node }
    const inReports = await showReports(story, cluster.kubectl, expected, () => stack?.operator.program.tail() ?? '')
    const inKernel = killsIn(containerId, fromSequence)?.length ?? 0
    if (keep)
      story.say(
        `\nKEEP=1: the cluster stays. To play: eval "$(node_modules/.bin/node test/cluster/cli.ts env)"; make cluster-down ends it.`,
      )
    return [inKernel, inReports]
  } finally {
    story.progress(keep ? 'stopping agent and operator …' : 'cleaning up …')
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
    if (!keep) await downCluster(story.progress)
    cluster.release()
  }
}

async function findContainer(kubectl: (args: readonly string[]) => Promise<string>): Promise<string | undefined> {
  const { items } = JSON.parse(await kubectl(['get', 'pods', '-n', SHOP.namespace, '-o', 'json'])) as PodList
  const id = items[0]?.status.containerStatuses?.[0]?.containerID
  return items[0]?.status.phase === 'Running' && id ? id.replace(/^containerd:\/\//, '') : undefined
}

function killsIn(containerId: string, fromSequence: number): KernelKill[] | undefined {
  const kills = readKills(fromSequence).filter(({ cgroup }) => cgroup?.endsWith(`/${containerId}`))
  return kills.length > 0 ? kills : undefined
}
