import type { NodeFiles } from './nodeFiles.ts'

/** Which cgroups rule over memory. */
export interface CgroupTree {
  /** Of the memory controller; undefined where no tree has it. */
  memoryVersion: 1 | 2 | undefined
  /** v1's hierarchies and v2's tree side by side. */
  isHybrid: boolean
}

const ROOT = 'sys/fs/cgroup'

/**
 * By what is mounted below /sys/fs/cgroup: v2 has its controllers there, the hybrid layout has them in `unified/`.
 * Source: Documentation/admin-guide/cgroup-v2.rst; systemd, "hierarchies" in docs/CGROUP_DELEGATION.md.
 */
export function readCgroupTree(files: NodeFiles): CgroupTree {
  const root = files.readText(`${ROOT}/cgroup.controllers`)
  if (root !== undefined) return { memoryVersion: hasMemory(root) ? 2 : undefined, isHybrid: false }
  const unified = files.readText(`${ROOT}/unified/cgroup.controllers`)
  const isHybrid = unified !== undefined
  if (files.access(`${ROOT}/memory/memory.limit_in_bytes`) !== 'missing') return { memoryVersion: 1, isHybrid }
  return { memoryVersion: isHybrid && hasMemory(unified) ? 2 : undefined, isHybrid }
}

function hasMemory(controllers: string): boolean {
  return controllers.trim().split(/\s+/).includes('memory')
}
