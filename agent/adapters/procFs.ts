import type { ProcFiles } from '#program/adapters/procFiles.ts'
import { readMemoryCgroup, readOomScore, readPageSizeKib, readStat } from '../proc/processFiles.ts'
import { parseOomKillCount } from '../proc/vmstat.ts'
import type { LiveProcess } from '../rank/candidates.ts'

/** What a proc file system says of its machine and of single processes. A process that is gone is data, not an error. */
export class ProcFs {
  readonly #files: ProcFiles

  constructor(files: ProcFiles) {
    this.#files = files
  }

  /** @throws ProgramError ProcUnreadable */
  readBootId(): string {
    return this.#files.requireText('sys/kernel/random/boot_id').trim()
  }

  readPageSizeKib(): number {
    return readPageSizeKib(this.#files)
  }

  /** The kernel's own count of OOM kills since boot. */
  readOomKillCount(): number | undefined {
    return parseOomKillCount(this.#files.readText('vmstat') ?? '')
  }

  /**
   * Whether processes have the numbers here that the kernel's log has, those of the first PID namespace: it alone has
   * the kernel's own threads, kthreadd being the second. A node in a container (kind) sees other numbers.
   */
  seesKernelPids(): boolean {
    return readStat(this.#files, 2)?.isKernelThread === true
  }

  /** @param command guards against a pid that was given to another process since. */
  readLive(pid: number, command: string): LiveProcess | undefined {
    if (this.#files.readText(`${pid}/comm`)?.trimEnd() !== command) return undefined
    const oomScore = readOomScore(this.#files, pid)
    return oomScore === undefined ? undefined : { oomScore, cgroupPath: readMemoryCgroup(this.#files, pid) }
  }
}
