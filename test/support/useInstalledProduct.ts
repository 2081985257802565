import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from '@jest/globals'
import type { Cluster } from '../cluster/attach.ts'
import { reserveCluster } from '../cluster/cluster.ts'
import { InstalledProduct } from './installedProduct.ts'
import { useTwoNodes, type TwoNodes } from './twoNodes.ts'
import { namespaceManifest } from './workload.ts'

/** A real node, and all that is there before a user types `helm install`. */
export interface ProductWorld<Nodes extends Cluster = Cluster> {
  cluster: Nodes
  product: InstalledProduct
  /** For temporary files. */
  folder: string
}

/**
 * For the tests of the file, or the group, that this is called in. The product, the policies and the namespace are removed
 * after the last one, whatever became of them. An afterAll of one's own that needs the cluster stands before this call: they
 * run in their order.
 * @param namespace for the pods of these tests
 * @param take is given the world before the first test
 */
export function useInstalledProduct(namespace: string, take: (world: ProductWorld) => void): void {
  useProductOn(() => reserveCluster({ log: () => undefined, ownerPid: process.pid }), namespace, take)
}

/** The same, with a second node. */
export function useInstalledProductOnTwoNodes(namespace: string, take: (world: ProductWorld<TwoNodes>) => void): void {
  useProductOn(() => useTwoNodes(() => undefined), namespace, take)
}

function useProductOn<Nodes extends Cluster & { release: () => void }>(
  reserve: () => Promise<Nodes>,
  namespace: string,
  take: (world: ProductWorld<Nodes>) => void,
): void {
  /** What is to be done at the end, in turn. */
  const endings: (() => unknown)[] = []

  beforeAll(async () => {
    const cluster = await reserve()
    const { kubectl } = cluster
    const folder = mkdtempSync(join(tmpdir(), `oomkeeper-${namespace}-`))
    endings.push(() => kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']))
    endings.push(() => rmSync(folder, { recursive: true, force: true }))
    endings.push(() => cluster.release())
    const product = await InstalledProduct.prepare(cluster, folder, () => undefined)
    endings.unshift(() => product.remove())
    // By the operator, as long as it is there; without the kind there are none.
    endings.unshift(() => kubectl(['delete', 'oompolicies', '--all', '--timeout=60s']).catch(() => undefined))
    await kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(namespaceManifest(namespace)) })
    take({ cluster, product, folder })
  }, 3_600_000)

  afterAll(async () => {
    const failures: unknown[] = []
    for (const end of endings) {
      try {
        await end()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `expected ${namespace} to be removed`)
  }, 240_000)
}
