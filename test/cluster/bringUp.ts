import { join } from 'node:path'
import {
  ADMIN_KUBECONFIG,
  CONTAINERD_CONFIG,
  CONTROLLER_MANAGER_USER,
  COREFILE,
  DNS_USER,
  KUBELET_CONFIG,
  kubeconfigOf,
  natsPlace,
  NODE_USER,
  PROXY_USER,
  SCHEDULER_USER,
  writeControlPlaneFiles,
  writeNodeFiles,
} from './clusterFiles.ts'
import { createCgroups, readCgroupHierarchies } from './host/cgroups.ts'
import type { Log } from './build/ensureBuilt.ts'
import { holdNamespaces, launchInside, waitNamespacesReady } from './host/namespaces.ts'
import { connectNetwork, connectSecondNode } from './host/network.ts'
import { importImages, packImages } from './images/importImages.ts'
import { API_PORT, BRIDGE_ADDRESS, NODE_NAME, SECOND_NODE, SERVICE_RANGE, STATE_FOLDER } from './names.ts'
import { prepareNats, waitNatsReady } from './nats/server.ts'
import { containerdCommand, kubeletCommand, kubeProxyCommand } from './node/commands.ts'
import { apiserverCommand, controllerManagerCommand, etcdCommand, schedulerCommand } from './parts/controlPlane.ts'
import { corednsCommand, dnsRights, waitDnsReady } from './parts/dns.ts'
import type { ApiAccess } from './parts/kubeconfig.ts'
import { kubectlWith } from './parts/kubectl.ts'
import { apiGet, nodeReady, waitApiserverReady } from './parts/readiness.ts'
import { watchOver, type Part } from './process/part.ts'
import { withProgress } from './process/progress.ts'
import { waitUntil } from './process/wait.ts'
import { recordPart, saveRecord, type ClusterRecord, type MachinePrograms } from './record.ts'
import { prepareSecondNode, waitSecondNodeReady } from './secondNode.ts'

const NODE = { name: NODE_NAME, address: BRIDGE_ADDRESS }
const ETCD_PORTS = { client: 2379, peer: 2380 }

/** Starts everything, in the order in which the parts need each other; the cluster is up when its nodes are Ready. */
export async function bringUp(record: ClusterRecord, log: Log): Promise<void> {
  const { programs } = record
  saveRecord(record)
  record.joinFiles = createCgroups(readCgroupHierarchies())
  const holder = holdNamespaces(record.joinFiles)
  record.holder = holder
  saveRecord(record)
  const { credentials, admin } = await writeControlPlaneFiles()
  writeNodeFiles(programs.cniPlugins, credentials.files.ca)
  await waitNamespacesReady(holder)
  await connectNetwork(holder.pid)

  const launch = launchInside(holder.pid, record.joinFiles, (part, command) => recordPart(record, part, command))
  const program = (name: string): string => join(programs.kubernetes, name)
  const images = await packImages(programs.images, join(STATE_FOLDER, 'images'))
  const startSecondNode = async (machine: MachinePrograms): Promise<Part> => {
    await connectSecondNode(holder.pid)
    return launch(await prepareSecondNode(machine, credentials, images))
  }
  // First, since it takes longest.
  const second = programs.secondNode && (await startSecondNode(programs.secondNode))
  const etcd = launch(etcdCommand(join(programs.etcd, 'etcd'), join(STATE_FOLDER, 'etcd'), ETCD_PORTS))
  const apiserver = launch(
    apiserverCommand({
      binary: program('kube-apiserver'),
      files: credentials.files,
      etcdUrl: `http://127.0.0.1:${ETCD_PORTS.client}`,
      bindAddress: '0.0.0.0',
      advertiseAddress: BRIDGE_ADDRESS,
      port: API_PORT,
      serviceRange: SERVICE_RANGE,
      serviceAccountAdmission: true,
    }),
  )
  const containerd = launch(containerdCommand(CONTAINERD_CONFIG))
  const nats = launch(prepareNats(natsPlace(programs.nats), record.natsUsers))
  await Promise.all([
    waitApiserverReady(admin, apiserver, etcd),
    waitNatsReady(natsPlace(programs.nats), nats),
    importImages(images, holder.pid, containerd),
  ])

  const controllerManager = launch(
    controllerManagerCommand(
      program('kube-controller-manager'),
      kubeconfigOf(CONTROLLER_MANAGER_USER),
      credentials.files,
    ),
  )
  const kubelet = launch(kubeletCommand(program('kubelet'), KUBELET_CONFIG, kubeconfigOf(NODE_USER), NODE))
  const scheduler = launch(schedulerCommand(program('kube-scheduler'), kubeconfigOf(SCHEDULER_USER)))
  const proxy = launch(kubeProxyCommand(program('kube-proxy'), kubeconfigOf(PROXY_USER), NODE))
  const rights = { apiVersion: 'v1', kind: 'List', items: dnsRights(DNS_USER) }
  const kubectl = kubectlWith(program('kubectl'), ADMIN_KUBECONFIG)
  await kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(rights) })
  const dns = launch(corednsCommand(join(programs.coredns, 'coredns'), COREFILE))
  await Promise.all([
    waitDnsReady(dns),
    waitPodsPossible(admin, [kubelet, containerd, controllerManager, scheduler, proxy, apiserver, etcd, nats]),
  ])
  if (second !== undefined) {
    const what = `waiting for ${SECOND_NODE.name}, a virtual machine, to be Ready …`
    await withProgress(what, log, () => waitSecondNodeReady(admin, second))
  }
  record.phase = 'up'
  saveRecord(record)
}

/** Fails as soon as any part ends, with the end of its log; at the deadline, with the first one's. */
async function waitPodsPossible(admin: ApiAccess, parts: readonly Part[]): Promise<void> {
  const limits = { deadlineMs: 90_000, everyMs: 250, ...watchOver(...parts) }
  await waitUntil(`node ${NODE_NAME} to be Ready`, () => nodeReady(admin, NODE_NAME), limits)
  // No pod is admitted before it is there.
  const path = '/api/v1/namespaces/default/serviceaccounts/default'
  await waitUntil('the default service account', async () => (await apiGet(admin, path), true), limits)
}
