import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cluster } from '../cluster/attach.ts'
import { downCluster, reserveCluster } from '../cluster/cluster.ts'
import { InstalledProduct } from '../support/installedProduct.ts'
import { showPolicyWalk } from './policyWalk.ts'
import { showRealKill } from './realKill.ts'
import type { Story } from './story.ts'

/** What `make demo` makes on this machine, told before the first of it is made. */
export const REAL_PLAN = [
  'a Kubernetes cluster of one node in network and mount namespaces of its own (processes below /oomkeeper-test in every cgroup hierarchy)',
  'a network device pair (oomk-test0), files in /var/lib/oomkeeper-test and a folder in the temporary folder',
  'binaries built from Go modules and the base of the image, kept in the user cache folder for the next time; missing Debian packages are installed',
  'the image of oomkeeper in dist/, and a release of its Helm chart in that cluster',
  'a Deployment in that cluster whose child process eats more memory than its container may have: the kernel kills the child',
  'three more pods, and an OOMPolicy for two of them',
]

/** The main job on a real kill. @returns kills in the kernel, and kills in the reports. */
export async function demoRealKill(story: Story, keep: boolean): Promise<[inKernel: number, inReports: number]> {
  story.step('A real cluster on this machine')
  const cluster = await reserveCluster({ log: story.progress, ...(keep ? {} : { ownerPid: process.pid }) })
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-demo-'))
  try {
    story.show('kubectl get nodes', await cluster.kubectl(['get', 'nodes']))
    const product = await showInstall(story, cluster, folder)
    const kills = await showRealKill(story, cluster, product)
    await showPolicyWalk(story, cluster, product)
    if (keep)
      story.say(
        `\nKEEP=1: all of it stays. To play: eval "$(node_modules/.bin/node test/cluster/cli.ts env)"; make cluster-down ends it.`,
      )
    return kills
  } finally {
    rmSync(folder, { recursive: true, force: true })
    if (!keep) {
      story.progress('cleaning up …')
      await downCluster(story.progress)
    }
    cluster.release()
  }
}

async function showInstall(story: Story, cluster: Cluster, folder: string): Promise<InstalledProduct> {
  story.step('oomkeeper, installed with helm: its kinds, the agent on the node, the operator, and NATS')
  story.progress('the images are put on the node, where else a registry would be asked, and a volume for NATS')
  const product = await InstalledProduct.prepare(cluster, folder, story.progress)
  const { notes, secondsToReady } = await product.install()
  story.show(product.installCommand, notes)
  const pods = await cluster.kubectl(['get', 'pods', '-n', product.namespace])
  story.show(`kubectl get pods -n ${product.namespace}`, pods)
  story.say(`\n   From helm install to ready: ${secondsToReady.toFixed(1)} s.`)
  return product
}
