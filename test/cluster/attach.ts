import { join } from 'node:path'
import { ADMIN_KUBECONFIG, natsPlace, STATIC_POD_FOLDER } from './clusterFiles.ts'
import { enterNamespaces, launchInside } from './host/namespaces.ts'
import { importArchive } from './images/importImages.ts'
import { NODE_NAME, SECOND_NODE } from './names.ts'
import { waitNatsReady, type NatsServer } from './nats/server.ts'
import { waitDnsReady } from './parts/dns.ts'
import { kubectlWith, type Kubectl } from './parts/kubectl.ts'
import { readKubeconfig, type ApiAccess } from './parts/kubeconfig.ts'
import { nodeReady, waitApiserverReady } from './parts/readiness.ts'
import { watchOver, type Launch, type Part } from './process/part.ts'
import { RestartablePart } from './process/restartablePart.ts'
import { runCommand } from './process/run.ts'
import { waitUntil } from './process/wait.ts'
import { nodeNames, recordPart, type ClusterRecord } from './record.ts'
import { importIntoSecondNode, secondNode, waitSecondNodeReady, type SecondNode } from './secondNode.ts'

/** A running cluster, as tests and the demo use it. Its addresses are reached from this machine's own processes. */
export interface Cluster {
  /** The first node's name. */
  node: string
  /** Names of all nodes. */
  nodes: readonly string[]
  /** The second node, if the cluster has one. */
  second?: SecondNode
  /** For the cluster's admin. */
  kubeconfig: string
  access: ApiAccess
  /** The folder that kubectl is in. */
  programFolder: string
  kubectl: Kubectl
  nats: NatsServer
  /** Any part by its name, to stop, kill and start it. */
  part: (name: string) => RestartablePart
  partNames: readonly string[]
  staticPodFolder: string
  /** Starts a program in the first node's namespaces that is no part of the cluster: who starts it ends it. */
  launchBeside: Launch
  /** Runs a command there to its end. @returns its standard output */
  runInside: (argv: readonly string[]) => Promise<string>
  /** Gives every node the image of an OCI archive. */
  importImage: (archive: string) => Promise<void>
}

export function attachCluster(record: ClusterRecord): Cluster {
  const access = readKubeconfig(ADMIN_KUBECONFIG)
  const place = natsPlace(record.programs.nats)
  const holderPid = record.holder?.pid ?? 0
  const launch = launchInside(holderPid, record.joinFiles, (part, command) => {
    recordPart(record, part, command)
  })
  const waitReady = async (part: Part): Promise<void> => {
    if (part.name === 'nats-server') return waitNatsReady(place, part)
    if (part.name === 'coredns') return waitDnsReady(part)
    if (part.name === 'etcd' || part.name === 'kube-apiserver') return waitApiserverReady(access, part)
    if (part.name === SECOND_NODE.name) return waitSecondNodeReady(access, part)
    const ready = (): Promise<true | undefined> => nodeReady(access, NODE_NAME)
    await waitUntil(`node ${NODE_NAME} to be Ready`, ready, { deadlineMs: 60_000, ...watchOver(part) })
  }
  const processes = new Map(
    record.parts.map((part) => [part.name, new RestartablePart(part.command, launch, waitReady, part)]),
  )
  const partNames = [...processes.keys()]
  const part = (name: string): RestartablePart => {
    const found = processes.get(name)
    if (found === undefined) throw new Error(`expected one of ${partNames.join(', ')}, got ${name}`)
    return found
  }
  const hasSecond = record.programs.secondNode !== undefined
  return {
    node: NODE_NAME,
    nodes: nodeNames(record),
    ...(hasSecond ? { second: secondNode } : {}),
    kubeconfig: ADMIN_KUBECONFIG,
    access,
    programFolder: record.programs.kubernetes,
    kubectl: kubectlWith(join(record.programs.kubernetes, 'kubectl'), ADMIN_KUBECONFIG),
    nats: { url: `nats://${place.address}:${place.port}`, users: record.natsUsers, process: part('nats-server') },
    part,
    partNames,
    staticPodFolder: STATIC_POD_FOLDER,
    launchBeside: launchInside(holderPid, record.joinFiles, () => undefined),
    runInside: (argv) => runCommand([...enterNamespaces(holderPid), ...argv]),
    importImage: async (archive) => {
      await importArchive(holderPid, archive)
      if (hasSecond) await importIntoSecondNode(holderPid, archive)
    },
  }
}
