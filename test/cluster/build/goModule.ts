import { createHash } from 'node:crypto'

/** Programs that one Go module of ours builds. */
export interface GoModule {
  name: string
  version: string
  /** The folder with its go.mod, below test/cluster. */
  folder: string
  ldflags: string
  /** Program → Go package. */
  programs: Readonly<Record<string, string>>
}

const KUBERNETES_VERSION = '1.37.2'
const [KUBERNETES_MAJOR, KUBERNETES_MINOR] = KUBERNETES_VERSION.split('.')
const STAMP = 'k8s.io/component-base/version'

export const KUBERNETES: GoModule = {
  name: 'kubernetes',
  version: KUBERNETES_VERSION,
  folder: 'modules/kubernetes',
  // Without the stamps `kubectl version` fails and the node reports v0.0.0.
  ldflags: `-s -w -X ${STAMP}.gitVersion=v${KUBERNETES_VERSION} -X ${STAMP}.gitMajor=${KUBERNETES_MAJOR} -X ${STAMP}.gitMinor=${KUBERNETES_MINOR}`,
  programs: {
    'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
    'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
    'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
    'kube-proxy': 'k8s.io/kubernetes/cmd/kube-proxy',
    kubectl: 'k8s.io/kubernetes/cmd/kubectl',
    kubelet: 'k8s.io/kubernetes/cmd/kubelet',
  },
}

export const ETCD: GoModule = {
  name: 'etcd',
  version: '3.7.3',
  folder: 'modules/etcd',
  ldflags: '-s -w',
  programs: { etcd: 'go.etcd.io/etcd/server/v3' },
}

export const NATS: GoModule = {
  name: 'nats-server',
  version: '2.15.2',
  folder: 'modules/nats-server',
  ldflags: '-s -w',
  programs: { 'nats-server': 'github.com/nats-io/nats-server/v2' },
}

export const COREDNS: GoModule = {
  name: 'coredns',
  version: '1.15.0',
  folder: 'modules/coredns',
  ldflags: '-s -w',
  programs: { coredns: 'github.com/coredns/coredns' },
}

const HELM_VERSION = '4.3.1'

export const HELM: GoModule = {
  name: 'helm',
  version: HELM_VERSION,
  folder: 'modules/helm',
  ldflags: `-s -w -X helm.sh/helm/v4/internal/version.version=v${HELM_VERSION}`,
  programs: { helm: 'helm.sh/helm/v4/cmd/helm' },
}

/** PodMonitor, PrometheusRule and their like, generated from the Prometheus operator's Go types as it does itself. */
export const PROMETHEUS_KINDS: GoModule = {
  name: 'prometheus-kinds',
  version: '0.95.2',
  folder: 'modules/prometheus-kinds',
  ldflags: '-s -w',
  programs: { 'controller-gen': 'sigs.k8s.io/controller-tools/cmd/controller-gen' },
}

/** Its controller of NetworkPolicies: what makes this machine's network heed them, in the tests of the chart's. */
export const KUBE_ROUTER: GoModule = {
  name: 'kube-router',
  version: '2.1.0',
  folder: 'modules/kube-router',
  ldflags: '-s -w',
  programs: { 'kube-router': 'github.com/cloudnativelabs/kube-router/v2/cmd/kube-router' },
}

/** Checks of GitHub's workflows. */
export const ACTIONLINT: GoModule = {
  name: 'actionlint',
  version: '1.7.12',
  folder: 'modules/actionlint',
  ldflags: '-s -w',
  programs: { actionlint: 'github.com/rhysd/actionlint/cmd/actionlint' },
}

/** Offers one device to containers, as the device plugins of clusters do. */
export const DEVICE_PLUGIN: GoModule = {
  name: 'device-plugin',
  version: '1',
  folder: 'modules/device-plugin',
  ldflags: '-s -w',
  programs: { 'device-plugin': '.' },
}

export const IMAGES: GoModule = {
  name: 'images',
  version: '1',
  folder: 'images',
  ldflags: '-s -w',
  programs: { hog: './hog', lookup: './lookup', pause: './pause' },
}

/** What a virtual machine needs beside the hog. */
export const GUEST: GoModule = {
  name: 'guest',
  version: '1',
  folder: 'vm/guest',
  ldflags: '-s -w',
  programs: { onnode: './onnode', pipes: './pipes' },
}

/** A source file as it goes into the key: where it lies in the module, and its bytes. */
export interface SourceFile {
  path: string
  content: Uint8Array
}

/** The cache folder's name: the version for the reader, the hash so that other sources, flags or Go versions get another folder. */
export function cacheFolderName(
  module: GoModule,
  goVersion: string,
  platform: string,
  files: readonly SourceFile[],
): string {
  const hash = createHash('sha256').update(JSON.stringify([goVersion, platform, module.ldflags, module.programs]))
  for (const file of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(`\0${file.path}\0${file.content.length}\0`).update(file.content)
  }
  return `${module.name}-${module.version}-${hash.digest('hex').slice(0, 12)}`
}

/** What is wrong with a Go version, or undefined when it will do. */
export function goVersionProblem(found: string): string | undefined {
  const match = /^go(\d+)\.(\d+)/.exec(found)
  const major = Number(match?.[1])
  const minor = Number(match?.[2])
  if (match !== null && (major > 1 || (major === 1 && minor >= 26))) return undefined
  return `expected Go 1.26 or newer to build the test cluster's programs, found ${found === '' ? 'none' : found}`
}
