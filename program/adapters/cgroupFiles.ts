import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @returns where memory cgroups are below a cgroup tree: the v1 hierarchy where there is one, else the unified one, which
 *   beside others is in a folder of its own
 */
export function memoryCgroupRoot(tree: string): string {
  const v1 = join(tree, 'memory')
  if (existsSync(join(v1, 'memory.limit_in_bytes'))) return v1
  const beside = join(tree, 'unified')
  return !existsSync(join(tree, 'cgroup.controllers')) && existsSync(join(beside, 'cgroup.controllers')) ? beside : tree
}

/** Longer than any memory.stat, and than a list of 4,000 processes; what is longer is cut. */
const BUFFER_BYTES = 32 * 1024

/**
 * The hierarchy of a cgroup tree that holds memory cgroups, read synchronously into one buffer. A cgroup that is gone is
 * data, not an error.
 */
export class CgroupFiles {
  readonly #root: string
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)

  /** @param tree /sys/fs/cgroup, or where a host's is mounted */
  constructor(tree: string) {
    this.#root = memoryCgroupRoot(tree)
  }

  readText(path: string): string | undefined {
    let descriptor: number | undefined
    try {
      descriptor = openSync(`${this.#root}${path}`, 'r')
      let length = 0
      for (;;) {
        const bytes = readSync(descriptor, this.#buffer, length, BUFFER_BYTES - length, null)
        length += bytes
        if (bytes === 0 || length === BUFFER_BYTES) break
      }
      return this.#buffer.toString('utf8', 0, length)
    } catch {
      return undefined
    } finally {
      if (descriptor !== undefined) closeSync(descriptor)
    }
  }

  /** A cgroup's number in its hierarchy, as a decimal; undefined when it is gone. */
  readId(cgroupPath: string): string | undefined {
    try {
      return String(statSync(`${this.#root}${cgroupPath}`, { bigint: true }).ino)
    } catch {
      return undefined
    }
  }

  /** The cgroups in this one, by name. */
  listChildren(cgroupPath: string): string[] {
    try {
      return readdirSync(`${this.#root}${cgroupPath}`, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
    } catch {
      return []
    }
  }
}
