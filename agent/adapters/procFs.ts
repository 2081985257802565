import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseMemoryCgroup } from '../cgroup/procCgroup.ts'
import { procUnreadable } from '../errors.ts'
import type { LiveProcess } from '../rank/candidates.ts'

/** A proc file system at a path of its own. A process that is gone is data, not an error. */
export class ProcFs {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** @throws ProgramError ProcUnreadable */
  readBootId(): string {
    try {
      return readFileSync(join(this.#root, 'sys/kernel/random/boot_id'), 'utf8').trim()
    } catch (error) {
      throw procUnreadable(this.#root, error)
    }
  }

  /** The kernel's page size in KiB, as it says itself (fs/proc/task_mmu.c, show_smap). */
  readPageSizeKib(): number {
    const match = /^(?:Kernel|MMU)PageSize:\s+(\d+) kB$/m.exec(this.#readOrEmpty('self/smaps'))
    return match?.[1] === undefined ? 4 : Number(match[1])
  }

  readCgroup(pid: number): string | undefined {
    return parseMemoryCgroup(this.#readOrEmpty(`${pid}/cgroup`))
  }

  /** @param command guards against a pid that was given to another process since. */
  readLive(pid: number, command: string): LiveProcess | undefined {
    if (this.#readOrEmpty(`${pid}/comm`).trimEnd() !== command) return undefined
    const oomScore = this.#readOrEmpty(`${pid}/oom_score`).trim()
    if (!/^\d+$/.test(oomScore)) return undefined
    return { oomScore: Number(oomScore), cgroupPath: this.readCgroup(pid) }
  }

  #readOrEmpty(path: string): string {
    try {
      return readFileSync(join(this.#root, path), 'utf8')
    } catch {
      return ''
    }
  }
}
