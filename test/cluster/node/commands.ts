import type { PartCommand } from '../process/part.ts'

export function containerdCommand(configFile: string): PartCommand {
  return { name: 'containerd', argv: ['containerd', '--config', configFile] }
}

export interface NodeIdentity {
  name: string
  address: string
}

export function kubeletCommand(
  binary: string,
  configFile: string,
  kubeconfig: string,
  node: NodeIdentity,
): PartCommand {
  const argv = [
    binary,
    `--config=${configFile}`,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
  ] as const
  return { name: 'kubelet', argv }
}

export function kubeProxyCommand(binary: string, kubeconfig: string, node: NodeIdentity): PartCommand {
  const argv = [
    binary,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${node.name}`,
    '--proxy-mode=iptables',
    '--cluster-cidr=10.244.0.0/16',
    '--conntrack-max-per-core=0', // nf_conntrack_max belongs to the machine.
    '--healthz-bind-address=127.0.0.1:10256',
    '--metrics-bind-address=127.0.0.1:10249',
  ] as const
  return { name: 'kube-proxy', argv }
}
