import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connect, nkeyAuthenticator, type JetStreamClient, type JetStreamManager, type NatsConnection } from 'nats'
import { encodeKillEvent, type KillEvent } from '../../contract/killEvent.ts'
import { KILL_STREAM, STATE_BUCKET, killSubject } from '../../contract/subjects.ts'
import type { NodeOomReportStatus } from '../../operator/api/nodeOomReport.ts'
import type { OomReportStatus } from '../../operator/api/oomReport.ts'
import type { Checkpoint } from '../../operator/runtime/killStream.ts'
import { killEventOf } from '../../operator/testing/killEvents.ts'
import { makeCalloutSeeds, publicKeysOf } from '../cluster/nats/calloutSeeds.ts'
import { writeKubeconfig } from '../cluster/parts/kubeconfig.ts'
import { startApiserver, startNats, type PrivateApiserver, type PrivateNats } from '../cluster/privateServers.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { startOperator, untilReady, type OperatorProcess } from '../support/stack.ts'
import { grantOperator } from './operatorRights.ts'

interface TestPod {
  namespace: string
  name: string
  uid: string
  containerId: string
}

export interface WorldOptions {
  /** Those that have a login of their own to NATS. */
  nodes?: readonly string[]
  /** Whether the operator answers for the logins of agents, which then have no users. */
  callout?: boolean
  /** Whether etcd waits for its disk, as it does in a cluster. */
  fsync?: boolean
  /** In place of one nats-server of its own; the world ends it. */
  nats?: PrivateNats
}

export interface PodOptions {
  name: string
  /** `shop` where none is given. */
  namespace?: string
  node?: string
  /** `Kind/name` of its controller, which must exist. */
  owner?: string
  annotations?: Record<string, string>
  labels?: Record<string, string>
  /** Of its container. */
  resources?: object
  priorityClassName?: string
}

/** Real nats-server, etcd and kube-apiserver, and the operator as a process with no more rights than it needs. */
export class OperatorWorld {
  readonly nats: PrivateNats
  readonly api: PrivateApiserver
  readonly folder = mkdtempSync(join(tmpdir(), 'oomkeeper-operator-'))
  readonly #operators: OperatorProcess[] = []
  #connection: NatsConnection | undefined
  #sequence = 1000

  private constructor(nats: PrivateNats, api: PrivateApiserver) {
    this.nats = nats
    this.api = api
  }

  static async start({
    nodes = ['node-a', 'node-b'],
    fsync = false,
    callout = false,
    nats: given,
  }: WorldOptions = {}): Promise<OperatorWorld> {
    const seeds = callout ? { seeds: makeCalloutSeeds() } : {}
    const nats = given ?? (await startNats({ nodes, log: () => undefined, ...seeds }))
    const api = await startApiserver({ log: () => undefined, fsync })
    const world = new OperatorWorld(nats, api)
    const { user, password } = nats.users.operator
    const { seeds: keys } = nats
    world.#connection = await connect({
      servers: nats.url,
      ...(nats.caFile !== undefined && { tls: { caFile: nats.caFile } }),
      ...(keys === undefined
        ? { user, pass: password }
        : { authenticator: (nonce) => nkeyAuthenticator(Buffer.from(keys.operator))(nonce) }),
      ignoreAuthErrorAbort: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    })
    await api.kubectl(['create', 'namespace', 'shop'])
    const token = await grantOperator(api.kubectl)
    writeKubeconfig(world.kubeconfig, { ...api.access, token })
    return world
  }

  async dispose(): Promise<void> {
    await this.#connection?.close()
    await this.nats.dispose()
    await this.api.dispose()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** The operator's own, not the administrator's. */
  get kubeconfig(): string {
    return join(this.folder, 'kubeconfig')
  }

  /** As the operator's user. */
  get connection(): NatsConnection {
    if (this.#connection === undefined) throw new Error('expected a connection to NATS, got none yet')
    return this.#connection
  }

  get js(): JetStreamClient {
    return this.connection.jetstream()
  }

  async jsm(): Promise<JetStreamManager> {
    return this.js.jetstreamManager()
  }

  async startOperator(
    env: Readonly<Record<string, string>> = {},
    kubeconfig = this.kubeconfig,
  ): Promise<OperatorProcess> {
    const servers = { kubectl: this.api.kubectl, kubeconfig, nats: this.nats }
    const operator = await startOperator(servers, this.folder, env)
    this.#operators.push(operator)
    return operator
  }

  async readyOperator(env: Readonly<Record<string, string>> = {}): Promise<OperatorProcess> {
    const operator = await this.startOperator(env)
    await untilReady(operator)
    return operator
  }

  /** What the operators that run have said last. */
  get tail(): string {
    return this.#operators.map(({ program }) => program.tail()).join('\n')
  }

  /** Ends what startOperator started, as a crash would. */
  async endOperators(): Promise<void> {
    for (const { program } of this.#operators.splice(0)) await program.kill()
  }

  /** The server starts again with other keys; operators have those of before until they start again, too. */
  async renewKeys(): Promise<void> {
    const { seeds, storeFolder, process } = this.nats
    if (seeds === undefined) throw new Error('expected logins that the operator answers, got passwords')
    const before = publicKeysOf(seeds)
    Object.assign(seeds, makeCalloutSeeds())
    const after = publicKeysOf(seeds)
    const file = join(dirname(storeFolder), 'nats.conf')
    let config = readFileSync(file, 'utf8')
    for (const name of ['issuer', 'callout', 'operator'] as const) config = config.replaceAll(before[name], after[name])
    writeFileSync(file, config)
    await process.kill()
    await process.start()
  }

  async apply(object: object): Promise<void> {
    await this.api.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(object) })
  }

  async get<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.api.kubectl(['get', ...args, '-o', 'json'])) as T
  }

  /** A controller that nobody reconciles, with its own controller where one is named. */
  async makeController(apiVersion: string, kind: string, name: string, owner?: string): Promise<void> {
    const template = {
      metadata: { labels: { app: name } },
      spec: {
        restartPolicy: apiVersion === 'batch/v1' ? 'Never' : 'Always',
        containers: [{ name: 'app', image: 'x' }],
      },
    }
    const spec =
      kind === 'CronJob'
        ? { schedule: '0 0 1 1 *', jobTemplate: { spec: { template } } }
        : kind === 'Job'
          ? { template }
          : { selector: { matchLabels: { app: name } }, template }
    const metadata = { name, namespace: 'shop', ownerReferences: await this.#ownerReferences(owner) }
    await this.apply({ apiVersion, kind, metadata, spec })
  }

  /** A pod whose container `app` runs. */
  async makePod(options: PodOptions): Promise<TestPod> {
    const {
      name,
      namespace = 'shop',
      node = 'node-a',
      owner,
      annotations,
      labels,
      resources,
      priorityClassName,
    } = options
    const spec = {
      nodeName: node,
      automountServiceAccountToken: false,
      priorityClassName,
      containers: [{ name: 'app', image: 'x', resources }],
    }
    const metadata = {
      name,
      namespace,
      annotations,
      labels,
      ownerReferences: await this.#ownerReferences(owner),
    }
    await this.apply({ apiVersion: 'v1', kind: 'Pod', metadata, spec })
    const pod = await this.get<{ metadata: { uid: string } }>('pod', '-n', namespace, name)
    const containerId = Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)
    const running = { containerID: `containerd://${containerId}`, state: { running: {} } }
    await this.setContainer(name, running, namespace)
    return { namespace, name, uid: pod.metadata.uid, containerId }
  }

  async setContainer(podName: string, status: object, namespace = 'shop'): Promise<void> {
    const containerStatuses = [{ name: 'app', ready: true, restartCount: 0, image: 'x', imageID: 'x', ...status }]
    const patch = JSON.stringify({ status: { phase: 'Running', containerStatuses } })
    const args = ['patch', 'pod', '-n', namespace, podName, '--subresource=status', '--type=merge', '-p', patch]
    await this.api.kubectl(args)
  }

  /** Stores kills as an agent does; each a new one. */
  async publishKills(count: number, changes: Partial<KillEvent> = {}): Promise<void> {
    for (let kill = 0; kill < count; kill++) {
      const sequence = ++this.#sequence
      const event = killEventOf({ killedAt: new Date().toISOString(), ...changes, sequence })
      await this.publishRaw(killSubject(event.node, event.bootId, sequence), encodeKillEvent(event))
    }
  }

  /** Until it is stored, as an agent does: 10071 says that it is already there. */
  async publishRaw(subject: string, data: Uint8Array): Promise<void> {
    const expect = { streamName: KILL_STREAM, lastSubjectSequence: 0 }
    const publish = async (): Promise<true> => {
      try {
        await this.js.publish(subject, data, { expect, timeout: 1_000 })
      } catch (error) {
        if ((error as { api_error?: { err_code: number } }).api_error?.err_code !== 10_071) throw error
      }
      return true
    }
    await waitUntil(`the stream to take ${subject}`, publish, { deadlineMs: 15_000, everyMs: 50 })
  }

  async report(name: string, namespace = 'shop'): Promise<OomReportStatus | undefined> {
    const { items } = await this.get<{ items: { metadata: { name: string }; status?: OomReportStatus }[] }>(
      'oomr',
      '-n',
      namespace,
    )
    return items.find(({ metadata }) => metadata.name === name)?.status
  }

  async nodeReport(name: string): Promise<NodeOomReportStatus | undefined> {
    const { items } = await this.get<{ items: { metadata: { name: string }; status?: NodeOomReportStatus }[] }>('noomr')
    return items.find(({ metadata }) => metadata.name === name)?.status
  }

  /** Waits until a report counts so many kills: at least those, so that one too many is seen by the caller. */
  async untilKills(name: string, kills: number, namespace = 'shop'): Promise<OomReportStatus> {
    return waitUntil(
      `${kills} kills in ${name}`,
      async () => {
        const status = await this.report(name, namespace)
        return status !== undefined && status.kills >= kills ? status : undefined
      },
      { deadlineMs: 30_000, everyMs: 200 },
    )
  }

  /** Waits until all that is stored is counted or set aside, and the checkpoint says so. */
  async untilSettled(): Promise<Checkpoint> {
    const jsm = await this.jsm()
    const bucket = await this.js.views.kv(STATE_BUCKET, { bindOnly: true })
    const isSettled = async () => {
      const { state } = await jsm.streams.info(KILL_STREAM)
      const checkpoint = (await bucket.get('checkpoint'))?.json<Checkpoint>()
      return checkpoint?.sequence === state.last_seq ? checkpoint : undefined
    }
    return waitUntil('the checkpoint at the end of the stream', isSettled, { deadlineMs: 60_000 })
  }

  async #ownerReferences(owner: string | undefined): Promise<object[]> {
    if (owner === undefined) return []
    const [kind = '', name = ''] = owner.split('/')
    type Raw = { apiVersion: string; kind: string; metadata: { uid: string } }
    const object = await this.get<Raw>(kind, name, '-n', 'shop')
    return [{ apiVersion: object.apiVersion, kind: object.kind, name, uid: object.metadata.uid, controller: true }]
  }
}

/** Where a kill of a pod's container was. */
export function inPod({ uid, containerId }: TestPod): Partial<KillEvent> {
  return { attribution: { source: 'dump', cgroupPath: `/kubepods/pod${uid}/${containerId}`, podUid: uid, containerId } }
}
