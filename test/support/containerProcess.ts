import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listClusterCgroups, readCgroupHierarchies } from '../cluster/host/cgroups.ts'
import { identifyProcess, isAlive, type ProcessIdentity } from '../cluster/process/identity.ts'

/** A container's first process, by its pid on this machine; undefined while it is not there. */
export function findContainerProcess(containerId: string): ProcessIdentity | undefined {
  const folder = listClusterCgroups(readCgroupHierarchies()).find((path) => path.endsWith(`/${containerId}`))
  if (folder === undefined) return undefined
  const pids = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
  const [first] = pids.map(identifyProcess).toSorted((a, b) => a.startTicks - b.startTicks)
  return first !== undefined && isAlive(first) ? first : undefined
}
