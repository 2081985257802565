import { describe, expect, it } from '@jest/globals'
import type { Cluster } from '../cluster/attach.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { nextSequence, readKills } from '../support/kernelLog.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import { listReports } from '../support/reports.ts'
import { useInstalledProduct } from '../support/useInstalledProduct.ts'
import { eaterManifest, listManifest } from '../support/workload.ts'

const NAMESPACE = 'three-nats'
const KILLS = 12

let cluster: Cluster
let product: InstalledProduct

useInstalledProduct(NAMESPACE, (world) => {
  ;({ cluster, product } = world)
})

describe('the product with three nats-servers, installed with helm', () => {
  it('becomes ready, and passes its own test', async () => {
    await product.install(['nats.replicas=3', 'nats.persistence.enabled=false'])
    expect((await product.containers()).filter(({ name, ready }) => name === 'nats' && ready)).toHaveLength(3)
    expect(await product.test()).toContain('the kill is in its report')
  }, 400_000)

  it('counts every kill once while two of its servers lose their pods and all that they stored, one after the other', async () => {
    const fromSequence = nextSequence()
    const command = 'three-nats-w'
    const workload = {
      namespace: NAMESPACE,
      name: 'three-nats',
      container: 'app',
      command,
      limitMib: 48,
      in: 'child',
      repeat: KILLS,
      everyMs: 1_500,
    } as const
    await cluster.kubectl(['apply', '-f', '-'], { stdin: listManifest([eaterManifest(workload)]) })
    const killed = (): number => readKills(fromSequence).filter((kill) => kill.command === command).length
    const untilKilled = (count: number): Promise<true> =>
      waitUntil(`${count} kills`, () => (killed() >= count ? true : undefined), { deadlineMs: 90_000 })
    const server = async (name: string): Promise<boolean> =>
      (await product.containers()).some(
        ({ podName, name: container, ready }) => container === 'nats' && podName === name && ready,
      )
    for (const ordinal of [0, 1]) {
      await untilKilled(2 + 4 * ordinal)
      const pod = `oomkeeper-nats-${ordinal}`
      await cluster.kubectl(['delete', 'pod', pod, '--namespace', product.namespace, '--grace-period=0', '--force'])
      const isBack = async (): Promise<true | undefined> => ((await server(pod)) ? true : undefined)
      await waitUntil(`${pod} to be back`, isBack, { deadlineMs: 90_000, evidence: () => product.logs() })
    }
    await untilKilled(KILLS)
    const counted = async (): Promise<number> => {
      const reports = await listReports(cluster.kubectl, NAMESPACE)
      return reports.find(({ spec }) => spec.workload.name === 'three-nats')?.status?.kills ?? 0
    }
    const isCounted = async (): Promise<true | undefined> => ((await counted()) >= KILLS ? true : undefined)
    await waitUntil(`${KILLS} kills in the report`, isCounted, { deadlineMs: 60_000, evidence: () => product.logs() })
    expect(killed()).toBe(KILLS)
    expect(await counted()).toBe(KILLS)
  }, 400_000)
})
