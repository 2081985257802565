import type { Cluster } from '../cluster/attach.ts'
import type { Kubectl } from '../cluster/parts/kubectl.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import { nextSequence, readKills, type KernelKill } from '../support/kernelLog.ts'
import { eaterManifest, listManifest, namespaceManifest } from '../support/workload.ts'
import { showReports, SHOP, type Expected } from './reports.ts'
import type { Story } from './story.ts'

interface PodList {
  items: { status: { phase: string; containerStatuses?: { containerID?: string }[] } }[]
}

/** A child process is killed: what the kernel, Kubernetes and oomkeeper say. @returns kills in the kernel, and kills in the reports. */
export async function showRealKill(
  story: Story,
  { kubectl, node }: Cluster,
  product: InstalledProduct,
): Promise<[inKernel: number, inReports: number]> {
  story.step(
    `A Deployment whose child process wants ${SHOP.limitMib * 4} MiB where its container may have ${SHOP.limitMib}`,
  )
  await kubectl(['delete', 'namespace', SHOP.namespace, '--ignore-not-found']) // Of a demo that was kept.
  const fromSequence = nextSequence()
  const manifest = listManifest([namespaceManifest(SHOP.namespace), eaterManifest(SHOP)])
  story.show('kubectl apply -f checkout.yaml', await kubectl(['apply', '-f', '-'], { stdin: manifest }))
  const containerId = await waitUntil('the pod to run', () => findContainer(kubectl), { deadlineMs: 60_000 })
  const [kill] = await waitUntil('the kernel to kill the child', () => killsIn(containerId, fromSequence), {
    deadlineMs: 30_000,
  })
  if (kill === undefined) throw new Error('expected a kill')

  story.step('What the kernel said')
  const telling = kill.lines.filter((line) => /invoked oom-killer|^memory: usage|^oom-kill:|Killed process/.test(line))
  story.show("dmesg | grep -E 'oom|memory: usage|Killed process'", telling.join('\n'))

  story.step('What Kubernetes says: Running, 0 restarts, and no event that speaks of it')
  story.show(`kubectl get pods -n ${SHOP.namespace}`, await kubectl(['get', 'pods', '-n', SHOP.namespace]))
  const columns = ['-o', 'custom-columns=REASON:.reason,MESSAGE:.message', '--no-headers']
  const events = (await kubectl(['get', 'events', '-n', SHOP.namespace, ...columns]))
    .split('\n')
    .filter((line) => /oom ?kill|killed|out of memory/i.test(line))
  story.show(`kubectl get events -n ${SHOP.namespace} | grep -iE 'oom ?kill|killed|out of memory'`, events.join('\n'))

  const expected: Expected = { pid: kill.pid, command: kill.command, node }
  const inReports = await showReports(story, kubectl, expected, () => product.logs())
  return [killsIn(containerId, fromSequence)?.length ?? 0, inReports]
}

async function findContainer(kubectl: Kubectl): Promise<string | undefined> {
  const { items } = JSON.parse(await kubectl(['get', 'pods', '-n', SHOP.namespace, '-o', 'json'])) as PodList
  const id = items[0]?.status.containerStatuses?.[0]?.containerID
  return items[0]?.status.phase === 'Running' && id ? id.replace(/^containerd:\/\//, '') : undefined
}

function killsIn(containerId: string, fromSequence: number): KernelKill[] | undefined {
  const kills = readKills(fromSequence).filter(({ cgroup }) => cgroup?.endsWith(`/${containerId}`))
  return kills.length > 0 ? kills : undefined
}
