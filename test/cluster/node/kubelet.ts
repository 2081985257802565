import { CONTAINERD_SOCKET } from './containerd.ts'

export interface KubeletOptions {
  clientCaFile: string
  /** Below the root of every hierarchy: pods are in `<cgroupRoot>/kubepods`, clear of another kubelet's. */
  cgroupRoot: string
  staticPodFolder: string
  dnsAddress: string
  volumePluginFolder: string
}

/** A kubelet that works on cgroup v1 as on v2, leaves the machine's other processes alone and never evicts. */
export function renderKubeletConfig(options: KubeletOptions): string {
  const config = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: options.clientCaFile },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: options.cgroupRoot,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    localStorageCapacityIsolation: false,
    evictionHard: {
      'memory.available': '0%',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
      'imagefs.inodesFree': '0%',
    },
    clusterDNS: [options.dnsAddress],
    clusterDomain: 'cluster.local',
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    staticPodPath: options.staticPodFolder,
    fileCheckFrequency: '2s',
    volumePluginDir: options.volumePluginFolder,
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
