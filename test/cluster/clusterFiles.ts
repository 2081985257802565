import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasCapability } from './host/capabilities.ts'
import { PAUSE_IMAGE } from './images/importImages.ts'
import {
  API_PORT,
  API_SERVICE_ADDRESS,
  BRIDGE,
  BRIDGE_ADDRESS,
  CGROUP,
  CLUSTER_ADDRESS,
  DNS_READY_PORT,
  NATS_MONITOR_PORT,
  NATS_PORT,
  NODE_NAME,
  SECOND_NODE,
  STATE_FOLDER,
} from './names.ts'
import type { NatsPlace } from './nats/server.ts'
import { renderCniConfig } from './node/cni.ts'
import { renderContainerdConfig } from './node/containerd.ts'
import { renderKubeletConfig } from './node/kubelet.ts'
import { renderCorefile } from './parts/dns.ts'
import { kubeconfigFile } from './parts/controlPlane.ts'
import { writeKubeconfig, type ApiAccess } from './parts/kubeconfig.ts'
import { makeCredentials, type Credentials } from './pki/credentials.ts'

/*
 * What the parts read: everything below the state folder, made anew at each start.
 */

export const CONTROLLER_MANAGER_USER = 'system:kube-controller-manager'
export const SCHEDULER_USER = 'system:kube-scheduler'
export const PROXY_USER = 'system:kube-proxy'
export const DNS_USER = 'system:coredns'
export const NODE_USER = `system:node:${NODE_NAME}`
export const SECOND_NODE_USER = `system:node:${SECOND_NODE.name}`
const USERS = [
  { name: 'admin', groups: ['system:masters'] },
  { name: CONTROLLER_MANAGER_USER, groups: [] },
  { name: SCHEDULER_USER, groups: [] },
  { name: PROXY_USER, groups: [] },
  { name: DNS_USER, groups: [] },
  { name: NODE_USER, groups: ['system:nodes'] },
  { name: SECOND_NODE_USER, groups: ['system:nodes'] },
]
const SERVER_NAMES = [
  '127.0.0.1',
  CLUSTER_ADDRESS,
  BRIDGE_ADDRESS,
  API_SERVICE_ADDRESS,
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
]

const CONTROL_PLANE_FOLDER = join(STATE_FOLDER, 'control-plane')
const NODE_FOLDER = join(STATE_FOLDER, 'node')
export const CONTAINERD_CONFIG = join(NODE_FOLDER, 'containerd.toml')
export const KUBELET_CONFIG = join(NODE_FOLDER, 'kubelet.json')
/** A pod manifest put here becomes a static pod within 2 s. */
export const STATIC_POD_FOLDER = join(NODE_FOLDER, 'static-pods')
export const COREFILE = join(CONTROL_PLANE_FOLDER, 'Corefile')
export const ADMIN_KUBECONFIG = kubeconfigOf('admin')

export function kubeconfigOf(user: string): string {
  return kubeconfigFile(CONTROL_PLANE_FOLDER, user)
}

export async function writeControlPlaneFiles(): Promise<{ credentials: Credentials; admin: ApiAccess }> {
  const credentials = await makeCredentials(CONTROL_PLANE_FOLDER, SERVER_NAMES, USERS)
  // The admin is outside the namespace, everyone else inside.
  const admin = accessOf(credentials, 'admin', CLUSTER_ADDRESS)
  for (const { name } of USERS) {
    writeKubeconfig(kubeconfigOf(name), name === 'admin' ? admin : accessOf(credentials, name, '127.0.0.1'))
  }
  const corefile = renderCorefile({
    address: BRIDGE_ADDRESS,
    readyAddress: `${CLUSTER_ADDRESS}:${DNS_READY_PORT}`,
    kubeconfig: kubeconfigOf(DNS_USER),
  })
  writeFileSync(COREFILE, corefile)
  return { credentials, admin }
}

/** @param address one of the apiserver's, as that user reaches it */
export function accessOf({ tokens, caPem }: Credentials, user: string, address: string): ApiAccess {
  return { server: `https://${address}:${API_PORT}`, caPem, token: tokens.get(user) ?? '' }
}

export function writeNodeFiles(cniPluginFolder: string, clientCaFile: string): void {
  const cniConfigFolder = join(NODE_FOLDER, 'cni')
  for (const folder of [cniConfigFolder, STATIC_POD_FOLDER]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(cniConfigFolder, '10-bridge.conflist'), renderCniConfig(BRIDGE, BRIDGE_ADDRESS))
  const containerd = renderContainerdConfig({
    rootFolder: join(STATE_FOLDER, 'containerd'),
    cniConfigFolder,
    cniPluginFolder,
    sandboxImage: PAUSE_IMAGE,
    restrictOomScoreAdj: !hasCapability('CAP_SYS_RESOURCE'),
  })
  writeFileSync(CONTAINERD_CONFIG, containerd)
  const kubelet = renderKubeletConfig({
    clientCaFile,
    cgroupRoot: `/${CGROUP}`,
    staticPodFolder: STATIC_POD_FOLDER,
    dnsAddress: BRIDGE_ADDRESS,
    volumePluginFolder: join(NODE_FOLDER, 'volume-plugins'),
  })
  writeFileSync(KUBELET_CONFIG, kubelet)
}

/** Where the cluster's nats-server listens: on every address of the namespace, the pods' gateway among them. */
export function natsPlace(programFolder: string): NatsPlace {
  const binary = join(programFolder, 'nats-server')
  const folder = join(STATE_FOLDER, 'nats')
  const ports = { port: NATS_PORT, monitorPort: NATS_MONITOR_PORT }
  return { binary, folder, host: '0.0.0.0', address: CLUSTER_ADDRESS, ...ports }
}
