import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CGROUP, NODE_NAME } from '../cluster/names.ts'
import { runCommand } from '../cluster/process/run.ts'
import { readKills, type KernelKill } from '../support/kernelLog.ts'
import { readSecondNodeKills, type TwoNodes } from '../support/twoNodes.ts'

const V1 = '/sys/fs/cgroup/memory'

/** One of the two nodes: its kernel, and what its administrator would do. */
export interface NodeHands {
  name: string
  /** A shell script as root; anything but exit code 0 is an error. */
  run: (script: string) => Promise<string>
  /** From its own kernel's log: since this run began; of the second node since it booted. */
  kills: () => KernelKill[]
  /** Where its memory cgroups are. */
  cgroupRoot: string
  /** What all its pods are in. */
  kubepods: string
}

export function handsOf({ second }: TwoNodes, fromSequence: number): readonly [NodeHands, NodeHands] {
  const seen = new Map<number, KernelKill>()
  const root = existsSync(join(V1, 'memory.limit_in_bytes')) ? V1 : '/sys/fs/cgroup'
  const own = {
    name: NODE_NAME,
    run: (script: string) => runCommand(['sh', '-e', '-c', script], { timeoutMs: 120_000 }),
    kills: () => {
      for (const kill of readKills(fromSequence)) seen.set(kill.sequence, kill)
      return [...seen.values()]
    },
    cgroupRoot: root,
    kubepods: join(root, CGROUP, 'kubepods'),
  }
  const other = {
    name: second.name,
    run: second.run,
    kills: () => readSecondNodeKills(second),
    cgroupRoot: '/sys/fs/cgroup',
    kubepods: '/sys/fs/cgroup/kubepods',
  }
  return [own, other]
}

/** oom_kill of /proc/vmstat: kills since the node booted. */
export async function readCounter(hands: NodeHands): Promise<number> {
  const counter = Number(await hands.run(`awk '/^oom_kill / { print $2 }' /proc/vmstat`))
  if (!Number.isSafeInteger(counter)) throw new Error(`expected a kernel on ${hands.name} that counts its kills`)
  return counter
}

/** `$limit` and `$usage` are names of files in the script. */
const FILES = `if [ -e memory.limit_in_bytes ]; then limit=memory.limit_in_bytes usage=memory.usage_in_bytes
else limit=memory.max usage=memory.current; fi`

/** Gives all pods of a node so much more than they have, and what they had when the work is done. */
export async function withPodsLimited<T>(hands: NodeHands, moreMib: number, work: () => Promise<T>): Promise<T> {
  const inside = `cd ${hands.kubepods}\n${FILES}`
  const before = await hands.run(`${inside}\ncat $limit\necho $(($(cat $usage) + ${moreMib << 20})) > $limit`)
  try {
    return await work()
  } finally {
    await hands.run(`${inside}\necho ${before.trim()} > $limit`)
  }
}

/**
 * Programs of a service of the node's own, in a cgroup that is gone after it: each takes more than the service may have. They are
 * called tail.
 * @param times how many, one after the other
 */
export async function killInService(hands: NodeHands, name: string, times = 1): Promise<void> {
  const folder = `${hands.cgroupRoot}/${name}`
  // A script on the second node may not be killed, and what it starts would not be either.
  const eater = `[ $(cat /proc/self/oom_score_adj) -ge 0 ] || echo 0 > /proc/self/oom_score_adj
echo $$ > ${folder}/cgroup.procs
exec tail /dev/zero`
  await hands.run(`mkdir ${folder}
trap 'rmdir ${folder}' EXIT
cd ${folder}
${FILES}
echo ${32 << 20} > $limit
for _ in $(seq ${times}); do
  code=0
  sh -c '${eater}' || code=$?
  if [ $code != 137 ]; then echo "expected the kernel to kill tail, it ended with $code"; exit 1; fi
done
cd /`)
}
