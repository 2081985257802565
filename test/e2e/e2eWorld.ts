import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Story } from '../demo/story.ts'
import { InstalledProduct } from '../support/installedProduct.ts'
import { nextSequence } from '../support/kernelLog.ts'
import { useTwoNodes, type TwoNodes } from '../support/twoNodes.ts'
import { listManifest } from '../support/workload.ts'
import { handsOf, type NodeHands } from './nodeHands.ts'
import { KillTally } from './killTally.ts'
import { listObjects } from './objects.ts'

/** Two real nodes with the product on them, as helm has installed it. */
export interface E2eWorld {
  story: Story
  cluster: TwoNodes
  product: InstalledProduct
  /** This machine, with cgroup v1 where it has that; a virtual machine with cgroup v2. */
  nodes: readonly [NodeHands, NodeHands]
  tally: KillTally
  /** Those of no namespace that were there before it was installed, as `kubectl get -o name` names them. */
  objectsBefore: ReadonlySet<string>
  /** Makes a namespace that is gone when the world is. */
  makeNamespace: (name: string) => Promise<void>
  apply: (...items: readonly object[]) => Promise<string>
  evidence: () => Promise<string>
  dispose: () => Promise<void>
}

const LABEL = 'oomkeeper.test/part-of'
const LABELS = { [LABEL]: 'e2e' }

export async function startWorld(story: Story): Promise<E2eWorld> {
  const cluster = await useTwoNodes(story.progress)
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-e2e-'))
  let product: InstalledProduct | undefined
  const removeNamespaces = (): Promise<string> =>
    cluster.kubectl(['delete', 'namespaces', `--selector=${LABEL}=e2e`, '--timeout=100s'], { timeoutMs: 110_000 })
  const dispose = async (): Promise<void> => {
    await product?.remove()
    await removeNamespaces()
    rmSync(folder, { recursive: true, force: true })
    cluster.release()
  }
  try {
    await removeNamespaces() // Of a run that was interrupted.
    const nodes = handsOf(cluster, nextSequence())
    product = await InstalledProduct.prepare(cluster, folder, story.progress)
    const objectsBefore = await listObjects(cluster.kubectl)
    const { secondsToReady } = await product.install()
    story.progress(`${product.installCommand}: ready after ${secondsToReady.toFixed(1)} s`)
    const tally = new KillTally(nodes, cluster.kubectl)
    await tally.begin()
    const apply = (...items: readonly object[]): Promise<string> =>
      cluster.kubectl(['apply', '-f', '-'], { stdin: listManifest(items) })
    const makeNamespace = async (name: string): Promise<void> => {
      await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: LABELS } })
    }
    const installed = product
    const evidence = (): Promise<string> => installed.logs()
    return { story, cluster, product, nodes, tally, objectsBefore, makeNamespace, apply, evidence, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}
