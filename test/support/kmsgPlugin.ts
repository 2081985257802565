import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cluster } from '../cluster/attach.ts'
import { ensureBuilt, type Log } from '../cluster/build/ensureBuilt.ts'
import { DEVICE_PLUGIN } from '../cluster/build/goModule.ts'
import { packProgramImage } from '../cluster/images/programImage.ts'
import { waitUntil } from '../cluster/process/wait.ts'

/** What a container asks for to get /dev/kmsg, to read it. */
export const KMSG_RESOURCE = 'devices.oomkeeper.test/kmsg'

const NAMESPACE = 'kmsg-plugin'
const NAME = 'device-plugin'
const IMAGE = 'oomkeeper.test/device-plugin:1'
const LABELS = { app: NAME }
const SOCKETS = { name: 'sockets', path: '/var/lib/kubelet/device-plugins' }

/** A device plugin that gives one container of each node its kernel's log: a DaemonSet, as clusters have them. */
export class KmsgPlugin {
  readonly #cluster: Cluster

  private constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** @returns it, when every node offers the device */
  static async start(cluster: Cluster, log: Log): Promise<KmsgPlugin> {
    const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-kmsg-plugin-'))
    try {
      const content = readFileSync(join(await ensureBuilt(DEVICE_PLUGIN, log), NAME))
      const archive = join(folder, 'device-plugin.tar')
      writeFileSync(archive, await packProgramImage({ name: IMAGE, program: NAME, content }))
      await cluster.importImage(archive)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    const plugin = new KmsgPlugin(cluster)
    const list = { apiVersion: 'v1', kind: 'List', items: manifests() }
    await cluster.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(list) })
    await waitUntil('every node to offer /dev/kmsg', () => plugin.#isOffered(), {
      deadlineMs: 90_000,
      everyMs: 250,
      evidence: () => plugin.#logs(),
    })
    return plugin
  }

  /** The kubelets offer none then. */
  async remove(): Promise<void> {
    await this.#cluster.kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found'])
  }

  async #isOffered(): Promise<true | undefined> {
    const { items } = JSON.parse(await this.#cluster.kubectl(['get', 'nodes', '-o', 'json'])) as {
      items: { status: { allocatable?: Record<string, string> } }[]
    }
    return items.every(({ status }) => status.allocatable?.[KMSG_RESOURCE] === '1') || undefined
  }

  #logs(): Promise<string> {
    return this.#cluster.kubectl(['logs', '-n', NAMESPACE, '-l', `app=${NAME}`, '--prefix'])
  }
}

function manifests(): object[] {
  const container = {
    name: NAME,
    image: IMAGE,
    imagePullPolicy: 'Never',
    args: [`--resource=${KMSG_RESOURCE}`, '--path=/dev/kmsg'],
    volumeMounts: [{ name: SOCKETS.name, mountPath: SOCKETS.path }],
  }
  const spec = {
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    containers: [container],
    volumes: [{ name: SOCKETS.name, hostPath: { path: SOCKETS.path, type: 'Directory' } }],
  }
  const template = { metadata: { labels: LABELS }, spec }
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: NAME, namespace: NAMESPACE },
      spec: { selector: { matchLabels: LABELS }, template },
    },
  ]
}
