import type { Cluster } from '../cluster/attach.ts'
import type { Log } from '../cluster/build/ensureBuilt.ts'
import { reserveCluster } from '../cluster/cluster.ts'
import { whyNoCluster } from '../cluster/host/requirements.ts'
import { HOG_IMAGE } from '../cluster/images/importImages.ts'
import { NODE_NAME } from '../cluster/names.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import type { SecondNode } from '../cluster/secondNode.ts'
import { whyNoMachine } from '../cluster/vm/requirements.ts'
import { parseKills, type KernelKill } from './kernelLog.ts'
import type { Reason } from './leftOut.ts'
import { listManifest, onNode } from './workload.ts'

/** Why tests that need a second node step aside. */
export const noTwoNodes: Reason = whyNoCluster() ?? whyNoMachine()

/** The test cluster with a node whose memory may be exhausted, for one test file. */
export interface TwoNodes extends Cluster {
  second: SecondNode
  release: () => void
}

export async function useTwoNodes(log: Log): Promise<TwoNodes> {
  const { second, ...cluster } = await reserveCluster({ log, ownerPid: process.pid, nodes: 2 })
  if (second === undefined) throw new Error(`expected a cluster of two nodes, got ${cluster.nodes.join(', ')}`)
  return { ...cluster, second }
}

/** A value for `InstalledProduct.install`: the operator is not where memory runs out. */
export const OPERATOR_ON_FIRST_NODE = `operator.nodeSelector.kubernetes\\.io/hostname=${NODE_NAME}`

export interface HogPod {
  namespace: string
  name: string
  node: string
  /** What the kernel calls its process, at most 15 bytes. */
  command: string
  mib: number
  labels?: Readonly<Record<string, string>>
  /** As a container has them. Without: BestEffort, whose processes the kernel takes first. */
  resources?: object
}

/** A pod of one process that takes memory as fast as it can, once. It is not started again. */
export function hogPodManifest({ namespace, name, node, command, mib, labels = {}, resources = {} }: HogPod): object {
  const container = {
    name: 'app',
    image: HOG_IMAGE,
    imagePullPolicy: 'Never',
    args: ['--in=self', `--mib=${mib}`, `--name=${command}`],
    resources,
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { ...onNode(node), restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [container] },
  }
}

/** How much the second node has left, MiB: who takes more than that makes the kernel choose. */
export async function readAvailableMib(second: SecondNode): Promise<number> {
  return Number(await second.run(`awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo`))
}

/** Has a pod there take more than there is. @returns what the kernel took for it */
export async function exhaustSecondNode(
  { kubectl, second }: TwoNodes,
  pod: Omit<HogPod, 'node' | 'mib'>,
): Promise<KernelKill[]> {
  const before = readSecondNodeKills(second)
  const mib = (await readAvailableMib(second)) + 512
  const manifest = listManifest([hogPodManifest({ ...pod, node: second.name, mib })])
  await kubectl(['apply', '-f', '-'], { stdin: manifest })
  return untilSecondNodeKills(second, before)
}

/**
 * Maps each file, locks it in memory, and says that it is done by writing its pid: mmap(2) is system call 9, with PROT_READ, MAP_SHARED
 * and MAP_LOCKED.
 */
const LOCK_FILES = `for (@ARGV) { open my $file, "<", $_ or next; push @files, $file; syscall 9, 0, -s $file, 1, 0x2001, fileno $file, 0 }
open my $done, ">", "/dev/shm/locker"; print $done $$; close $done; sleep 600`

/** More than what is left; and less than what the kernel wins by taking a pod for it. */
const BEYOND_MIB = 128

/**
 * Has a file in memory take more than there is, in no pod, by a process that may not be killed: the kernel has to choose
 * among what was there before. The file is gone then.
 * @returns what the kernel took
 */
export async function fillSecondNode(second: SecondNode): Promise<KernelKill[]> {
  const before = readSecondNodeKills(second)
  // The kernel would drop and read again the programs that run, for minutes, before it chooses. It may not drop these.
  await second.run(`mount -o remount,size=100% /dev/shm
: > /dev/shm/filler
programs=$(awk '$2 ~ /x/ && $6 ~ "^/" { print $6 }' /proc/[0-9]*/maps | sort -u)
rm -f /dev/shm/locker
perl -e '${LOCK_FILES}' $programs < /dev/null > /dev/null 2>&1 &
until [ -s /dev/shm/locker ]; do sleep 0.1; done`)
  const mib = (await readAvailableMib(second)) + BEYOND_MIB
  await second.run(`(dd if=/dev/zero of=/dev/shm/filler bs=1M count=${mib}; rm -f /dev/shm/filler; kill $(cat /dev/shm/locker)) \
  < /dev/null > /dev/null 2>&1 &`)
  await untilSecondNodeKills(second, before)
  await second.run('while [ -e /dev/shm/filler ]; do sleep 0.2; done')
  return readSecondNodeKills(second).slice(before.length)
}

/** A process on the second node, as its /proc has it. */
export interface NodeProcess {
  pid: number
  command: string
  oomScoreAdj: number
  oomScore: number
  rssKib: number
}

/** Those with one of these commands, in the order of their pids. */
export async function readSecondNodeProcesses(
  second: SecondNode,
  ...commands: readonly string[]
): Promise<NodeProcess[]> {
  const said = await second.run(`for pid in $(pgrep -x '${commands.join('|')}'); do
  cd /proc/$pid && echo "$pid $(cat oom_score_adj oom_score | tr '\\n' ' ') $(awk '/^VmRSS/ { print $2 }' status) $(cat comm)"
done 2> /dev/null || true`)
  const rows = said.split('\n').filter((line) => /^\d+ -?\d+ \d+ +\d+ /.test(line))
  return rows.map((row) => {
    const [pid = 0, oomScoreAdj = 0, oomScore = 0, rssKib = 0] = row.split(/ +/, 4).map(Number)
    return { pid, command: row.split(/ +/).slice(4).join(' '), oomScoreAdj, oomScore, rssKib }
  })
}

/** Kills on the second node since it booted, from its own kernel's log. */
export function readSecondNodeKills(second: SecondNode): KernelKill[] {
  return parseKills(second.readKernelLog())
}

/** Waits until the second node's kernel has killed so many since a look at its kills. It tries for long to do without. */
export function untilSecondNodeKills(
  second: SecondNode,
  before: readonly KernelKill[],
  count = 1,
): Promise<KernelKill[]> {
  const probe = (): KernelKill[] | undefined => {
    const kills = readSecondNodeKills(second).slice(before.length)
    return kills.length >= count ? kills : undefined
  }
  return waitUntil(`${count} kills on ${second.name}`, probe, { deadlineMs: 240_000, everyMs: 200 })
}
