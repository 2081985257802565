import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CGROUP } from '../names.ts'
import { isErrno } from '../process/lock.ts'

/** Where one cgroup hierarchy is mounted: v1 has several, v2 one, and the hybrid layout both. */
export interface CgroupHierarchy {
  root: string
  version: 1 | 2
}

/** From /proc/self/mounts: `device root fstype options 0 0`, blanks in a path as \040. */
export function parseCgroupHierarchies(mounts: string): CgroupHierarchy[] {
  const found = new Map<string, CgroupHierarchy>()
  for (const line of mounts.split('\n')) {
    const [, root, fsType] = line.split(' ')
    if (root === undefined || (fsType !== 'cgroup' && fsType !== 'cgroup2')) continue
    found.set(root, { root, version: fsType === 'cgroup' ? 1 : 2 })
  }
  return [...found.values()]
}

export function readCgroupHierarchies(): CgroupHierarchy[] {
  return parseCgroupHierarchies(readFileSync('/proc/self/mounts', 'utf8'))
}

/** The cluster's cgroup in each hierarchy. Returns the files by which a process joins it: whoever is in there is ours. */
export function createCgroups(hierarchies: readonly CgroupHierarchy[]): string[] {
  return hierarchies.map(({ root, version }) => {
    const top = join(root, CGROUP)
    const parts = join(top, 'parts')
    mkdirSync(parts, { recursive: true })
    if (version === 1) inheritCpuset(root, [top, parts])
    else for (const folder of [root, top]) passControllersDown(folder)
    return join(parts, 'cgroup.procs')
  })
}

/** A new v1 cpuset has no CPUs, and nobody may join it until it has. */
function inheritCpuset(root: string, folders: readonly string[]): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (!existsSync(join(root, file))) return
    const value = readFileSync(join(root, file), 'utf8')
    for (const folder of folders) writeFileSync(join(folder, file), value)
  }
}

function passControllersDown(folder: string): void {
  const controllers = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').split(/\s+/).filter(Boolean)
  if (controllers.length === 0) return
  writeFileSync(join(folder, 'cgroup.subtree_control'), controllers.map((name) => `+${name}`).join(' '))
}

/** The cluster's cgroups, children before their parents, in every hierarchy. */
export function listClusterCgroups(hierarchies: readonly CgroupHierarchy[]): string[] {
  return hierarchies.flatMap(({ root }) => walkUp(join(root, CGROUP)))
}

function walkUp(folder: string): string[] {
  let children: string[]
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    children = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name))
  } catch {
    return [] // Vanished, or never there.
  }
  return [...children.flatMap(walkUp), folder]
}

/** Who is in the cluster's cgroups: parts, shims, containers, and whatever those started. */
export function readClusterPids(hierarchies: readonly CgroupHierarchy[]): number[] {
  const pids = new Set<number>()
  for (const folder of listClusterCgroups(hierarchies)) {
    try {
      for (const line of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n')) {
        if (line !== '' && line !== '0') pids.add(Number(line))
      }
    } catch {
      // Vanished between the listing and the reading.
    }
  }
  return [...pids]
}

/** Removes what it can and returns what is still busy. */
export function removeClusterCgroups(hierarchies: readonly CgroupHierarchy[]): { removed: number; left: string[] } {
  const left: string[] = []
  let removed = 0
  for (const folder of listClusterCgroups(hierarchies)) {
    try {
      rmdirSync(folder)
      removed++
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) left.push(folder)
    }
  }
  return { removed, left }
}
