import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBuilt, type Log } from './build/ensureBuilt.ts'
import { ETCD, KUBERNETES, NATS } from './build/goModule.ts'
import type { CalloutSeeds } from './nats/calloutSeeds.ts'
import { makeNatsUsers, natsServer, prepareNats, storeFolderOf, type NatsServer } from './nats/server.ts'
import { waitApiserverReady, waitEtcdReady } from './parts/readiness.ts'
import { apiserverCommand, etcdCommand, kubeconfigFile } from './parts/controlPlane.ts'
import { kubectlWith, type Kubectl } from './parts/kubectl.ts'
import { writeKubeconfig, type ApiAccess } from './parts/kubeconfig.ts'
import { makeCredentials } from './pki/credentials.ts'
import { freePorts } from './process/freePort.ts'
import { makePrivateFolder } from './process/privateFolder.ts'
import { launchPrivate } from './process/part.ts'
import { RestartablePart } from './process/restartablePart.ts'
import { SERVICE_RANGE } from './names.ts'

/*
 * Servers on 127.0.0.1 for one test or one demo: no root, no namespace, no kubelet. They are children of the
 * process that starts them and die with it.
 */

export interface PrivateNats extends NatsServer {
  /** Where JetStream keeps its streams. */
  storeFolder: string
  /** Ends the server and removes its data. */
  dispose: () => Promise<void>
}

export async function startNats(options: {
  nodes: readonly string[]
  log: Log
  /** In place of users for the nodes. */
  seeds?: CalloutSeeds
}): Promise<PrivateNats> {
  const binaries = await ensureBuilt(NATS, options.log)
  const folder = makePrivateFolder('nats')
  const [port = 0, monitorPort = 0] = await freePorts(2)
  const binary = join(binaries, 'nats-server')
  const place = { binary, folder, host: '127.0.0.1', address: '127.0.0.1', port, monitorPort }
  const users = makeNatsUsers(options.nodes)
  const server = natsServer(place, users, prepareNats(place, users, options.seeds), launchPrivate(folder))
  const dispose = async (): Promise<void> => {
    await server.process.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  await startOr(dispose, server.process)
  return { ...server, ...(options.seeds && { seeds: options.seeds }), storeFolder: storeFolderOf(place), dispose }
}

export interface PrivateApiserver {
  kubeconfig: string
  access: ApiAccess
  kubectl: Kubectl
  etcd: RestartablePart
  apiserver: RestartablePart
  dispose: () => Promise<void>
}

/** etcd and kube-apiserver with RBAC, and nothing that acts on the objects: nodes and pods are what the test writes. */
export async function startApiserver(options: { log: Log; fsync?: boolean }): Promise<PrivateApiserver> {
  const etcdBinary = join(await ensureBuilt(ETCD, options.log), 'etcd')
  const binaries = await ensureBuilt(KUBERNETES, options.log, ['kube-apiserver', 'kubectl'])
  const folder = makePrivateFolder('apiserver')
  const launch = launchPrivate(folder)
  const [client = 0, peer = 0, port = 0] = await freePorts(3)
  const users = [{ name: 'admin', groups: ['system:masters'] }]
  const { files, caPem, tokens } = await makeCredentials(join(folder, 'pki'), ['127.0.0.1', 'localhost'], users)
  const access = { server: `https://127.0.0.1:${port}`, caPem, token: tokens.get('admin') ?? '' }
  const kubeconfig = kubeconfigFile(folder, 'admin')
  writeKubeconfig(kubeconfig, access)

  const etcdUrl = `http://127.0.0.1:${client}`
  const etcdStart = etcdCommand(etcdBinary, join(folder, 'etcd'), { client, peer }, options)
  const etcd = new RestartablePart(etcdStart, launch, (part) => waitEtcdReady(etcdUrl, part))
  const apiserverStart = apiserverCommand({
    binary: join(binaries, 'kube-apiserver'),
    files,
    etcdUrl,
    bindAddress: '127.0.0.1',
    advertiseAddress: '127.0.0.1',
    port,
    serviceRange: SERVICE_RANGE,
    serviceAccountAdmission: false,
  })
  const apiserver = new RestartablePart(apiserverStart, launch, (part) => waitApiserverReady(access, part))
  const dispose = async (): Promise<void> => {
    await apiserver.kill()
    await etcd.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  await startOr(dispose, etcd, apiserver)
  const kubectl = kubectlWith(join(binaries, 'kubectl'), kubeconfig)
  return { kubeconfig, access, kubectl, etcd, apiserver, dispose }
}

async function startOr(dispose: () => Promise<void>, ...processes: readonly RestartablePart[]): Promise<void> {
  try {
    for (const process of processes) await process.start()
  } catch (error) {
    await dispose()
    throw error
  }
}
