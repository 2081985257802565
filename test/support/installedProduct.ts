import type { Cluster } from '../cluster/attach.ts'
import type { Log } from '../cluster/build/ensureBuilt.ts'
import { isAlive, signalProcess, type ProcessIdentity } from '../cluster/process/identity.ts'
import { errorMessage, waitUntil } from '../cluster/process/wait.ts'
import { findContainerProcess } from './containerProcess.ts'
import { CHART_FOLDER, ensureHelm, type Helm } from './helm.ts'
import { createNatsVolume, removeNatsVolume } from './natsVolume.ts'
import { importProductImages } from './productImages.ts'

const NAMESPACE = 'oomkeeper'
const RELEASE = 'oomkeeper'
const IN_NAMESPACE = ['--namespace', NAMESPACE]
const WORKLOADS = ['statefulset/oomkeeper-nats', 'deployment/oomkeeper-operator', 'daemonset/oomkeeper-agent']
const NATS_CLAIM = 'data-oomkeeper-nats-0'

export type Component = 'agent' | 'operator' | 'nats'

/** One container of the product, and its process on this machine. */
export interface ProductProcess extends ProcessIdentity {
  containerId: string
}

interface ContainerStatus {
  podName: string
  nodeName: string
  name: string
  ready: boolean
  restartCount: number
  containerID?: string
  state: { terminated?: Termination }
  lastState: { terminated?: Termination }
}

interface Termination {
  containerID?: string
  exitCode: number
}

/** The product as a user has it: installed with helm from the chart and the image that ship, with the chart's own values. */
export class InstalledProduct {
  readonly namespace = NAMESPACE
  /** As it is typed in the checkout. */
  readonly installCommand = `helm install ${RELEASE} charts/oomkeeper ${IN_NAMESPACE.join(' ')} --create-namespace`
  readonly #cluster: Cluster
  readonly #helm: Helm

  private constructor(cluster: Cluster, helm: Helm) {
    this.#cluster = cluster
    this.#helm = helm
  }

  /** Everything that is there before a user types `helm install`: images and a volume. @param folder for temporary files. */
  static async prepare(cluster: Cluster, folder: string, log: Log): Promise<InstalledProduct> {
    const product = new InstalledProduct(cluster, await ensureHelm(folder, cluster.kubeconfig))
    await product.remove() // What an interrupted run has left.
    await importProductImages(cluster, folder, log)
    await createNatsVolume(cluster)
    return product
  }

  /** @returns what helm says, and the seconds from its start until every pod is ready. */
  async install(
    values: readonly string[] = [],
    chartFolder = CHART_FOLDER,
  ): Promise<{ notes: string; secondsToReady: number }> {
    const startedMs = performance.now()
    const notes = await this.#helm([
      'install',
      RELEASE,
      chartFolder,
      ...IN_NAMESPACE,
      '--create-namespace',
      ...set(values),
    ])
    await this.untilReady()
    return { notes, secondsToReady: (performance.now() - startedMs) / 1000 }
  }

  /** `helm test`. @returns what it says, with the logs of its pod */
  async test(): Promise<string> {
    return this.#helm(['test', RELEASE, ...IN_NAMESPACE, '--logs', '--timeout=200s'])
  }

  /** To the chart of the checkout, with its own values. */
  async upgrade(values: readonly string[] = []): Promise<void> {
    await this.#helm(['upgrade', RELEASE, CHART_FOLDER, ...IN_NAMESPACE, '--reset-values', ...set(values)])
    await this.untilReady()
  }

  /** To what was installed before. */
  async rollback(): Promise<void> {
    await this.#helm(['rollback', RELEASE, ...IN_NAMESPACE])
    await this.untilReady()
  }

  /** Every pod is, as it is to be now. */
  async untilReady(): Promise<void> {
    for (const name of WORKLOADS) await this.#untilRolledOut(name)
  }

  /** Leaves the kinds with their reports, and the stored kills. */
  async uninstall(): Promise<void> {
    await this.#helm(['uninstall', RELEASE, ...IN_NAMESPACE, '--ignore-not-found', '--wait', '--timeout=120s'])
  }

  /** All but the kinds with their reports. */
  async remove(): Promise<void> {
    await this.uninstall()
    const claim = ['persistentvolumeclaim', NATS_CLAIM, ...IN_NAMESPACE]
    await this.#cluster.kubectl(['delete', ...claim, '--ignore-not-found'])
    await removeNatsVolume(this.#cluster)
    await this.#cluster.kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found'])
  }

  /** The ends of all logs, as evidence. */
  async logs(): Promise<string> {
    const selector = ['--selector=app.kubernetes.io/part-of=oomkeeper', ...IN_NAMESPACE]
    const said = (args: readonly string[]): Promise<string> => this.#cluster.kubectl(args).catch(errorMessage)
    return `${await said(['get', 'pods', ...selector])}${await said(['logs', ...selector, '--prefix', '--tail=15'])}`
  }

  /** Who reads the streams of the chart's nats-server, and how the server is known. */
  async natsLogin(): Promise<{ operatorSeed: string; caPem: string }> {
    const get = ['get', 'secret', 'oomkeeper-nats', ...IN_NAMESPACE, '--output=jsonpath={.data}']
    const data = JSON.parse(await this.#cluster.kubectl(get)) as Record<string, string>
    const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString()
    return { operatorSeed: text('operator-seed'), caPem: text('ca.crt') }
  }

  /** The containers of the pods that are not ending. */
  async containers(): Promise<ContainerStatus[]> {
    const list = await this.#cluster.kubectl(['get', 'pods', ...IN_NAMESPACE, '--output=json'])
    const { items } = JSON.parse(list) as {
      items: {
        metadata: { name: string; deletionTimestamp?: string }
        spec: { nodeName?: string }
        status: { containerStatuses?: Omit<ContainerStatus, 'podName'>[] }
      }[]
    }
    return items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .flatMap(({ metadata, spec: { nodeName = '' }, status: { containerStatuses = [] } }) =>
        containerStatuses.map((status) => ({ ...status, podName: metadata.name, nodeName })),
      )
  }

  /** Waits for it where the kubelet lets time pass before it starts a container again. */
  async processOf(component: Component): Promise<ProductProcess> {
    const probe = async (): Promise<ProductProcess | undefined> => {
      const containerId = idOf((await this.#container(component)).containerID)
      const process = findContainerProcess(containerId)
      return process && { ...process, containerId }
    }
    return waitUntil(`the ${component}'s process`, probe, {
      deadlineMs: 60_000,
      everyMs: 200,
      evidence: () => this.logs(),
    })
  }

  /** Of all its containers. */
  async restarts(component: Component): Promise<number> {
    const containers = (await this.containers()).filter(({ name }) => name === component)
    return containers.reduce((sum, { restartCount }) => sum + restartCount, 0)
  }

  /** SIGKILL: the crash. The kubelet starts it again: at once the first time, then after 10 s, 20 s, …. */
  async kill(component: Component): Promise<void> {
    const process = await this.processOf(component)
    signalProcess(process, 'SIGKILL')
    const gone = (): true | undefined => (isAlive(process) ? undefined : true)
    await waitUntil(`the end of the ${component}`, gone, { deadlineMs: 10_000, everyMs: 20 })
  }

  /** SIGTERM. @returns the exit code. */
  async stop(component: Component): Promise<number> {
    const { containerId, ...process } = await this.processOf(component)
    signalProcess(process, 'SIGTERM')
    const exitCode = async (): Promise<number | undefined> => {
      const states = (await this.containers()).flatMap(({ state, lastState }) => [state, lastState])
      return states.find(({ terminated }) => idOf(terminated?.containerID) === containerId)?.terminated?.exitCode
    }
    return waitUntil(`the end of the ${component}`, exitCode, { deadlineMs: 30_000, everyMs: 100 })
  }

  /** Of the operators the one that works, of the agents that of this machine. */
  async #container(component: Component): Promise<ContainerStatus> {
    const leader = component === 'operator' ? await this.#leader() : undefined
    const found = (await this.containers()).find(
      ({ name, podName, nodeName }) =>
        name === component && (leader === undefined ? nodeName === this.#cluster.node : podName === leader),
    )
    if (found === undefined) throw new Error(`expected a container of the ${component}, got none`)
    return found
  }

  /** The name of the pod that holds the operators' lease; empty when none does. */
  async #leader(): Promise<string> {
    const field = '--output=jsonpath={.spec.holderIdentity}'
    const holder = await this.#cluster.kubectl(['get', 'lease', 'oomkeeper-operator', ...IN_NAMESPACE, field])
    return holder.split('_')[0] ?? ''
  }

  async #untilRolledOut(name: string): Promise<void> {
    const args = ['rollout', 'status', name, '--timeout=120s', ...IN_NAMESPACE]
    try {
      await this.#cluster.kubectl(args, { timeoutMs: 130_000 })
    } catch (error) {
      throw new Error(`expected ${name} to be rolled out\n${await this.logs()}`, { cause: error })
    }
  }
}

/** As helm takes values. */
function set(values: readonly string[]): string[] {
  return values.flatMap((value) => ['--set', value])
}

/** As cgroups are named. */
function idOf(containerID: string | undefined): string {
  return containerID?.replace(/^containerd:\/\//, '') ?? ''
}
