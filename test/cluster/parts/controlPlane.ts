import { join } from 'node:path'
import type { CredentialFiles } from '../pki/credentials.ts'
import type { PartCommand } from '../process/part.ts'

/** etcd, without fsync where it is not asked for: its data need not outlive the machine. */
export function etcdCommand(
  binary: string,
  dataFolder: string,
  ports: { client: number; peer: number },
  { fsync = false } = {},
): PartCommand {
  const client = `http://127.0.0.1:${ports.client}`
  const peer = `http://127.0.0.1:${ports.peer}`
  const argv = [
    binary,
    '--name=etcd',
    `--data-dir=${dataFolder}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=etcd=${peer}`,
    // Versions of large objects pile up until the apiserver compacts them, every five minutes.
    `--quota-backend-bytes=${8 * 1024 ** 3}`,
    '--log-level=warn',
    ...(fsync ? [] : ['--unsafe-no-fsync']),
  ] as const
  return { name: 'etcd', argv }
}

export interface ApiserverOptions {
  binary: string
  files: CredentialFiles
  etcdUrl: string
  bindAddress: string
  /** What pods reach it by; on loopback no `kubernetes` Service leads to it. */
  advertiseAddress: string
  port: number
  serviceRange: string
  /** Without a controller manager nobody makes the service accounts that this admission plugin asks for. */
  serviceAccountAdmission: boolean
}

export function apiserverCommand(options: ApiserverOptions): PartCommand {
  const { files } = options
  const argv: [string, ...string[]] = [
    options.binary,
    `--etcd-servers=${options.etcdUrl}`,
    `--bind-address=${options.bindAddress}`,
    `--advertise-address=${options.advertiseAddress}`,
    `--secure-port=${options.port}`,
    `--tls-cert-file=${files.apiserverCertificate}`,
    `--tls-private-key-file=${files.apiserverKey}`,
    `--client-ca-file=${files.ca}`,
    // No front proxy is there; without its authority the scheduler and the controller manager complain for ever.
    `--requestheader-client-ca-file=${files.ca}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--token-auth-file=${files.tokens}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--service-account-issuer=https://kubernetes.default.svc`,
    `--service-account-key-file=${files.serviceAccountKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    `--service-cluster-ip-range=${options.serviceRange}`,
    `--kubelet-client-certificate=${files.kubeletClientCertificate}`,
    `--kubelet-client-key=${files.kubeletClientKey}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--allow-privileged=true',
    '--profiling=false',
  ]
  if (options.advertiseAddress.startsWith('127.')) argv.push('--endpoint-reconciler-type=none')
  if (!options.serviceAccountAdmission) argv.push('--disable-admission-plugins=ServiceAccount')
  return { name: 'kube-apiserver', argv }
}

export function controllerManagerCommand(binary: string, kubeconfig: string, files: CredentialFiles): PartCommand {
  const argv = [
    binary,
    `--kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${files.ca}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--profiling=false',
  ] as const
  return { name: 'kube-controller-manager', argv }
}

export function schedulerCommand(binary: string, kubeconfig: string): PartCommand {
  const argv = [
    binary,
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--profiling=false',
  ] as const
  return { name: 'kube-scheduler', argv }
}

/** The files of one control plane, below its own folder. */
export function kubeconfigFile(folder: string, user: string): string {
  return join(folder, `${user.replaceAll(':', '-')}.kubeconfig`)
}
