import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @returns where memory cgroups are below a cgroup tree: the v1 hierarchy where there is one, else the unified one. */
export function memoryCgroupRoot(tree: string): string {
  const v1 = join(tree, 'memory')
  return existsSync(join(v1, 'memory.limit_in_bytes')) ? v1 : tree
}

/** The hierarchy of a cgroup tree that holds memory cgroups. A cgroup that is gone is data, not an error. */
export class CgroupFiles {
  readonly #root: string

  /** @param tree /sys/fs/cgroup, or where a host's is mounted */
  constructor(tree: string) {
    this.#root = memoryCgroupRoot(tree)
  }

  readText(path: string): string | undefined {
    try {
      return readFileSync(join(this.#root, path), 'utf8')
    } catch {
      return undefined
    }
  }
}
