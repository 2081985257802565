import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { accessOf, PROXY_USER, SECOND_NODE_USER } from './clusterFiles.ts'
import { enterNamespaces, logFileOf } from './host/namespaces.ts'
import { PAUSE_IMAGE } from './images/importImages.ts'
import { BRIDGE, BRIDGE_ADDRESS, SECOND_NODE, STATE_FOLDER } from './names.ts'
import { renderCniConfig } from './node/cni.ts'
import { containerdCommand, kubeletCommand, kubeProxyCommand } from './node/commands.ts'
import { renderContainerdConfig } from './node/containerd.ts'
import { renderKubeletConfig } from './node/kubelet.ts'
import { renderKubeconfig, type ApiAccess } from './parts/kubeconfig.ts'
import { nodeReady } from './parts/readiness.ts'
import type { Credentials } from './pki/credentials.ts'
import { tailLog, watchOver, type Part, type PartCommand } from './process/part.ts'
import { runCommand } from './process/run.ts'
import { waitUntil, type WaitOptions } from './process/wait.ts'
import type { MachinePrograms } from './record.ts'
import { packFiles } from './vm/cpio.ts'
import { runAtSocket } from './vm/guestSocket.ts'
import { CNI_PLUGIN_FOLDER } from './vm/nodeDisk.ts'
import { qemuCommand } from './vm/qemu.ts'

/*
 * The second node: a virtual machine that joins the cluster by itself when it boots, so that it may be killed and started again.
 */

/** Enough for the pods of a test; what is to exhaust it takes seconds. */
const MACHINE = { memoryMib: 2048, processors: 2, cgroup: 'v2', tap: SECOND_NODE.tap } as const
/** Emulated, it starts several times as slowly as this machine's own node. */
const DEADLINE_MS = 240_000
const IMPORT_PORT = 5001

const FOLDER = join(STATE_FOLDER, SECOND_NODE.name)
const FILES = {
  initramfs: join(FOLDER, 'initramfs'),
  disk: join(FOLDER, 'disk.img'),
  control: join(FOLDER, 'control.sock'),
  kmsg: join(FOLDER, 'kmsg.log'),
  console: logFileOf(`${SECOND_NODE.name}-console`),
  log: logFileOf(`${SECOND_NODE.name}-programs`),
}
/** Where the machine has what is written for it. */
const INSIDE = '/opt/node'

export interface SecondNode {
  name: string
  /**
   * Runs a shell script on it, as root, and returns what it prints; anything but exit code 0 is an error. Its processes have an
   * oom_score_adj of -1000 and all capabilities.
   */
  run: (script: string) => Promise<string>
  /** The records of its kernel's log since it booted, as /dev/kmsg returns them. */
  readKernelLog: () => string
}

export const secondNode: SecondNode = {
  name: SECOND_NODE.name,
  run: (script) => runAtSocket(FILES.control, script, { deadlineMs: 120_000, everyMs: 20, evidence: lastWords }),
  readKernelLog: () => readFileSync(FILES.kmsg, 'latin1'),
}

/** Writes what its machine boots from. @param images archives, for its containerd */
export async function prepareSecondNode(
  { kernel, initramfs, disk }: MachinePrograms,
  credentials: Credentials,
  images: readonly string[],
): Promise<PartCommand> {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 })
  const written = [...renderFiles(credentials)].map(([path, text]): [string, Buffer] => [path, Buffer.from(text)])
  const archives = images.map((file): [string, Buffer] => [`images/${basename(file)}`, readFileSync(file)])
  const files = new Map([...written, ...archives].map(([path, content]) => [`node${INSIDE}/${path}`, content]))
  // Several archives one after the other are one root file system (buffer-format.rst).
  writeFileSync(FILES.initramfs, Buffer.concat([packFiles(files), readFileSync(initramfs)]))
  await runCommand(['cp', '--sparse=always', disk, FILES.disk])
  const { argv } = qemuCommand(MACHINE, { ...FILES, kernel, listens: 'guest' })
  return { name: SECOND_NODE.name, argv }
}

function renderFiles(credentials: Credentials): Map<string, string> {
  const identity = { name: SECOND_NODE.name, address: SECOND_NODE.address }
  const inside = (name: string): string => `${INSIDE}/${name}`
  const kubeconfig = (user: string): string => renderKubeconfig(accessOf(credentials, user, BRIDGE_ADDRESS))
  const containerd = renderContainerdConfig({
    rootFolder: '/var/lib/containerd',
    cniConfigFolder: inside('cni'),
    cniPluginFolder: CNI_PLUGIN_FOLDER,
    sandboxImage: PAUSE_IMAGE,
    restrictOomScoreAdj: false,
  })
  const kubelet = renderKubeletConfig({
    clientCaFile: inside('ca.pem'),
    cgroupRoot: '/',
    staticPodFolder: inside('static-pods'),
    dnsAddress: BRIDGE_ADDRESS,
    volumePluginFolder: inside('volume-plugins'),
  })
  const programs = [
    start(containerdCommand(inside('containerd.toml'))),
    start(kubeProxyCommand('kube-proxy', inside('kube-proxy.kubeconfig'), identity)),
    'import_images',
    start(kubeletCommand('kubelet', inside('kubelet.json'), inside('kubelet.kubeconfig'), identity)),
  ]
  const { name, address, gateway } = SECOND_NODE
  return new Map([
    ['node.sh', readFileSync(join(import.meta.dirname, 'vm/node.sh'), 'utf8')],
    ['settings.sh', `NAME=${name}\nADDRESS=${address}\nGATEWAY=${gateway}\n`],
    ['programs.sh', `${programs.join('\n')}\n`],
    ['containerd.toml', containerd],
    ['cni/10-bridge.conflist', renderCniConfig(BRIDGE, SECOND_NODE.podGateway)],
    ['kubelet.json', kubelet],
    ['kubelet.kubeconfig', kubeconfig(SECOND_NODE_USER)],
    ['kube-proxy.kubeconfig', kubeconfig(PROXY_USER)],
    ['ca.pem', credentials.caPem],
    ['static-pods/.keep', ''],
  ])
}

function start({ name, argv }: PartCommand): string {
  return ['start', name, ...argv].map((word) => `'${word}'`).join(' ')
}

/** Ready since it booted last. */
export async function waitSecondNodeReady(access: ApiAccess, part: Part): Promise<void> {
  const limits = limitsOf(part)
  // The socket is its predecessor's until qemu has begun.
  const readBootId = (): Promise<string> =>
    runAtSocket(FILES.control, 'cat /proc/sys/kernel/random/boot_id', { ...limits, deadlineMs: 10_000 })
  const bootId = await waitUntil(`${SECOND_NODE.name} to boot`, readBootId, limits)
  const ready = (): Promise<true | undefined> => nodeReady(access, SECOND_NODE.name, bootId.trim())
  await waitUntil(`node ${SECOND_NODE.name} to be Ready`, ready, { ...limits, everyMs: 250 })
}

/** Gives it an image. @param insidePid any process in the cluster's namespaces, from where it is reached */
export async function importIntoSecondNode(insidePid: number, archive: string): Promise<void> {
  const receive = `busybox nc -l -p ${IMPORT_PORT} < /dev/null | ctr -n k8s.io images import - > /dev/null`
  const pour = `cat "$0" > /dev/tcp/${SECOND_NODE.address}/${IMPORT_PORT}`
  // Refused until the node listens.
  const send = async (): Promise<true> => {
    await runCommand([...enterNamespaces(insidePid), 'bash', '-c', pour, archive], { timeoutMs: 120_000 })
    return true
  }
  const sent = waitUntil(`${SECOND_NODE.name} to take ${basename(archive)}`, send, { deadlineMs: 150_000 })
  await Promise.all([secondNode.run(receive), sent])
}

/** qemu's own end, or the machine's last words. */
function limitsOf(part: Part): WaitOptions {
  const { giveUp, evidence } = watchOver(part)
  return { deadlineMs: DEADLINE_MS, giveUp, evidence: () => `${evidence()}\n${lastWords()}` }
}

function lastWords(): string {
  return `end of its console:\n${tailLog(FILES.console, 15)}\nend of its programs' log:\n${tailLog(FILES.log, 25)}`
}
