import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { VERSION } from '../../program/version.ts'
import type { Cluster } from '../cluster/attach.ts'
import { ensureBuilt } from '../cluster/build/ensureBuilt.ts'
import { NATS } from '../cluster/build/goModule.ts'
import { reserveCluster } from '../cluster/cluster.ts'
import { packDockerArchive } from '../cluster/images/dockerArchive.ts'
import { importArchive } from '../cluster/images/importImages.ts'
import { buildProductImage } from '../cluster/images/productImage.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { CHART_FOLDER, ensureHelm, type Helm } from '../support/helm.ts'
import { listReports } from '../support/reports.ts'
import { eaterManifest, listManifest, namespaceManifest } from '../support/workload.ts'

const RELEASE = 'oomkeeper'
const SHOP = 'helm-shop'
const WORKLOADS = ['deployment/oomkeeper-operator', 'daemonset/oomkeeper-agent']
const NATS_REPOSITORY = 'oomkeeper.test/nats'

let cluster: Cluster & { release: () => void }
let folder: string
let helm: Helm

interface PodList {
  items: {
    metadata: { deletionTimestamp?: string }
    spec: { containers: { name: string }[] }
    status: { phase: string; containerStatuses?: { name: string; ready: boolean; restartCount: number }[] }
  }[]
}

const pods = async (): Promise<PodList['items']> => {
  const list = await cluster.kubectl(['get', 'pods', '--namespace', RELEASE, '--output=json'])
  return (JSON.parse(list) as PodList).items
}

const inRelease = (...args: readonly string[]): Promise<string> => cluster.kubectl([...args, '--namespace', RELEASE])

async function untilRolledOut(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await cluster.kubectl(['rollout', 'status', name, '--timeout=90s', '--namespace', RELEASE], { timeoutMs: 100_000 })
  }
}

/** As a user would, but for what this cluster lacks: a volume provisioner, and DNS, in whose place the pods get the name. */
async function install(): Promise<void> {
  const values = [
    'nats.persistence.enabled=false',
    `nats.image.repository=${NATS_REPOSITORY}`,
    'nats.image.pullPolicy=Never',
    'image.pullPolicy=Never',
  ]
  // Other tests apply the kinds with kubectl: the release takes them over.
  const args = ['--namespace', RELEASE, '--create-namespace', '--take-ownership']
  await helm(['install', RELEASE, CHART_FOLDER, ...args, ...values.flatMap((value) => ['--set', value])])
  const ip = await inRelease('get', 'service', 'oomkeeper-nats', '--output=jsonpath={.spec.clusterIP}')
  const hostAliases = [{ ip, hostnames: [`oomkeeper-nats.${RELEASE}.svc`] }]
  const patch = JSON.stringify({ spec: { template: { spec: { hostAliases } } } })
  for (const name of WORKLOADS) await inRelease('patch', name, '--patch', patch)
  await untilRolledOut('statefulset/oomkeeper-nats', ...WORKLOADS)
}

async function importImages(): Promise<void> {
  const insidePid = cluster.part('containerd').pid ?? 0
  const { archive } = await buildProductImage(VERSION, () => undefined)
  await importArchive(insidePid, archive)
  const content = readFileSync(join(await ensureBuilt(NATS, () => undefined), 'nats-server'))
  const goArch = process.arch === 'x64' ? 'amd64' : process.arch
  const name = `${NATS_REPOSITORY}:${NATS.version}`
  const natsArchive = join(folder, 'nats.tar')
  writeFileSync(natsArchive, await packDockerArchive({ name, program: 'nats-server', content, goArch }))
  await importArchive(insidePid, natsArchive)
}

beforeAll(async () => {
  cluster = await reserveCluster({ log: () => undefined, ownerPid: process.pid })
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-helm-'))
  helm = await ensureHelm(folder, cluster.kubeconfig)
  await importImages()
}, 3_600_000)

afterAll(async () => {
  await helm?.(['uninstall', RELEASE, '--namespace', RELEASE, '--ignore-not-found', '--wait'])
  await cluster?.kubectl(['delete', 'namespace', RELEASE, SHOP, '--ignore-not-found', '--wait=false'])
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  cluster?.release()
}, 120_000)

describe('the product, installed with helm on a real node', () => {
  it('becomes ready from the image that ships, without a restart', async () => {
    await install()
    // Those that the patch replaced may still be ending.
    const found = (await pods()).filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    const names = new Set(found.map(({ spec }) => spec.containers[0]?.name))
    expect(names).toEqual(new Set(['agent', 'nats', 'operator']))
    for (const { status } of found) expect(status.containerStatuses).toMatchObject([{ ready: true, restartCount: 0 }])
  }, 180_000)

  it('shows a kill in `kubectl get oomreports`', async () => {
    const eater = eaterManifest({
      namespace: SHOP,
      name: 'checkout',
      container: 'app',
      command: 'helm-worker',
      limitMib: 48,
      in: 'child',
    })
    await cluster.kubectl(['apply', '-f', '-'], { stdin: listManifest([namespaceManifest(SHOP), eater]) })
    const probe = async () =>
      (await listReports(cluster.kubectl, SHOP)).find(({ status }) => status?.kills === 1 || undefined)
    const evidence = async (): Promise<string> =>
      cluster.kubectl(['logs', '--namespace', RELEASE, '--selector=app.kubernetes.io/part-of=oomkeeper', '--tail=10'])
    const report = await waitUntil('the report of checkout', probe, { deadlineMs: 60_000, everyMs: 200 }).catch(
      async (error: unknown) => {
        throw new Error(`${String(error)}\n${await evidence()}`, { cause: error })
      },
    )
    expect(report.spec).toMatchObject({ workload: { kind: 'Deployment', name: 'checkout' }, container: 'app' })
    expect(report.status?.last).toMatchObject({ command: 'helm-worker', node: cluster.node })
  }, 120_000)

  it('leaves every report when it is uninstalled', async () => {
    await helm(['uninstall', RELEASE, '--namespace', RELEASE, '--wait', '--timeout=60s'])
    expect(await listReports(cluster.kubectl, SHOP)).toHaveLength(1)
  }, 90_000)
})
