import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { STATE_FOLDER } from '../names.ts'
import { spawnPart, watchOver, type Launch, type Part, type PartCommand } from '../process/part.ts'
import { waitUntil } from '../process/wait.ts'

/**
 * The holder's work, in a network and a mount namespace of its own. What parts write by fixed paths goes where it
 * vanishes with the namespace or is removed with the state folder: /run (sockets, shims, the pods' namespaces),
 * /var/lib (CNI's allocations, the kubelet's root) and /var/log (the pods' logs).
 * The namespaces have no name: they end with the last process in them, and with them every mount, network
 * device and iptables rule.
 */
const HOLD = `set -e
state=$1
mount -t tmpfs -o mode=755 oomkeeper-test /run
mkdir /run/lock /run/netns /run/state /run/upper /run/work
mount --bind "$state" /run/state
mount -t overlay -o lowerdir=/var/lib,upperdir=/run/upper,workdir=/run/work oomkeeper-test /var/lib
mount --move /run/state "$state"
mkdir -p /var/lib/kubelet
mount --bind "$state/kubelet" /var/lib/kubelet
mount --bind "$state/log" /var/log
mount --make-rshared /
exec sleep infinity`

/** Enters the cluster's cgroups before anything else: from then on a crash of the harness leaves nothing unnoticed. */
const JOIN = 'for file in $1; do echo $$ >"$file" || exit 125; done; shift; exec "$@"'

export function holdNamespaces(joinFiles: readonly string[]): Part {
  for (const folder of ['kubelet', 'log']) mkdirSync(join(STATE_FOLDER, folder), { recursive: true, mode: 0o700 })
  const unshare = ['unshare', '--net', '--mount', '--propagation', 'private', '/bin/sh', '-c', HOLD, 'sh', STATE_FOLDER]
  const argv = ['/bin/sh', '-c', JOIN, 'sh', joinFiles.join(' '), ...unshare] as const
  return spawnPart({ name: 'namespaces', argv }, argv, logFileOf('namespaces'))
}

export async function waitNamespacesReady(holder: Part): Promise<void> {
  const isHolding = (): true | undefined =>
    readFileSync(`/proc/${holder.pid}/comm`, 'utf8').trim() === 'sleep' ? true : undefined
  await waitUntil('the namespaces', isHolding, { deadlineMs: 10_000, everyMs: 5, ...watchOver(holder) })
}

/** What leads a command into the namespaces of the holder. */
export function enterNamespaces(holderPid: number): [string, ...string[]] {
  return ['nsenter', `--net=/proc/${holderPid}/ns/net`, `--mount=/proc/${holderPid}/ns/mnt`, '--']
}

/** Starts parts inside: in the cgroups, then in the namespaces. Every exec keeps the pid. */
export function launchInside(
  holderPid: number,
  joinFiles: readonly string[],
  onLaunch: (part: Part, command: PartCommand) => void,
): Launch {
  return (command) => {
    const inside = [...enterNamespaces(holderPid), ...command.argv]
    const argv = ['/bin/sh', '-c', JOIN, 'sh', joinFiles.join(' '), ...inside] as const
    const part = spawnPart(command, argv, logFileOf(command.name))
    onLaunch(part, command)
    return part
  }
}

export function logFileOf(name: string): string {
  return join(STATE_FOLDER, 'log', `${name}.log`)
}
