import { isIn } from './path.ts'

/**
 * Where the cgroups of this node are among those of its kernel, whose log names them from the kernel's own root. On a
 * machine of its own they are all of them; nodes in containers (kind, k3d) have a part each, and read one log.
 */
export type NodeRoot =
  /** All of them; also where nobody can say. */
  | { kind: 'whole' }
  /** Those below this path, with no slash at its end. */
  | { kind: 'path'; path: string; isHidden: boolean }
  /** Those below the cgroup that is named by the id of the container that the node is. Its folder has another name in the node. */
  | { kind: 'container'; id: string; isHidden: true }

/** What a node shows of itself. */
export interface NodeSigns {
  /** As the flag says. */
  configured: string | undefined
  /** Whether processes have the numbers here that the kernel's log has. */
  seesKernelPids: boolean
  /** Whether the first process here is the agent itself: then it is not the node's. */
  isFirst: boolean
  /** Memory cgroup and mounts of the first process, /proc/1/cgroup and /proc/1/mountinfo. */
  firstCgroup: string | undefined
  firstMounts: string
  /** Whether the node's own cgroup tree has this one. */
  hasCgroup: (path: string) => boolean
}

/** @returns undefined where the node shares its kernel and nothing tells which part is its own. */
export function resolveNodeRoot(signs: NodeSigns): NodeRoot | undefined {
  const { configured, seesKernelPids, isFirst, firstCgroup, firstMounts, hasCgroup } = signs
  if (configured !== undefined) return { kind: 'path', path: configured, isHidden: !hasCgroup(configured) }
  // One that is hidden (hidepid) tells nothing, and to the agent's own it is not known whose node it is.
  if (seesKernelPids || isFirst || firstMounts === '') return { kind: 'whole' }
  const id = findOwnContainer(firstMounts)
  const seen = firstCgroup?.replace(INIT_CGROUP, '') ?? ''
  const path = id === undefined ? seen : endOfContainer(seen, id)?.path
  if (path !== undefined && path !== '' && !path.startsWith('/..')) return { kind: 'path', path, isHidden: false }
  return id === undefined ? undefined : { kind: 'container', id, isHidden: true }
}

/** What systemd and k3s move the first processes to, for a root without any. */
const INIT_CGROUP = /\/init(?:\.scope)?$/

/**
 * The id of the container that a node is, by files that its runtime mounts into it from the machine: docker's
 * `…/containers/<id>/resolv.conf`, podman's `…/overlay-containers/<id>/userdata/hostname`.
 * Source: proc_pid_mountinfo(5), fields 4 and 5.
 */
function findOwnContainer(mountinfo: string): string | undefined {
  for (const line of mountinfo.split('\n')) {
    const [, , , root = '', mountPoint = ''] = line.split(' ', 5)
    if (!OWN_FILES.has(mountPoint)) continue
    const id = OWN_FILE.exec(root)?.[1]
    if (id !== undefined) return id
  }
  return undefined
}

const OWN_FILES = new Set(['/etc/resolv.conf', '/etc/hostname', '/etc/hosts'])
const OWN_FILE = /containers\/([0-9a-f]{64})\/(?:userdata\/)?(?:resolv\.conf|hostname|hosts)(?:\/\/deleted)?$/

/**
 * A cgroup of the kernel's log as the node's own tree has it.
 * @returns undefined for one outside of the node
 */
export function ownPathOf(root: NodeRoot, kernelPath: string): string | undefined {
  if (root.kind === 'whole') return kernelPath
  if (root.kind === 'path') {
    if (!isIn(kernelPath, root.path)) return undefined
    return root.isHidden ? kernelPath.slice(root.path.length) || '/' : kernelPath
  }
  return endOfContainer(kernelPath, root.id)?.below
}

/** A path cut behind the cgroup of this container: `/docker/<id>`, `/system.slice/docker-<id>.scope`, `…/libpod-<id>.scope`. */
function endOfContainer(path: string, id: string): { path: string; below: string } | undefined {
  const start = path.indexOf(id)
  if (start < 0) return undefined
  const slash = path.indexOf('/', start)
  const end = slash < 0 ? path.length : slash
  return { path: path.slice(0, end), below: path.slice(end) || '/' }
}
