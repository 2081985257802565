export interface ProcStatus {
  uid: number
  /** Absent for what has no memory of its own: a kernel thread, a zombie, a leader whose other threads go on. */
  memory?: ProcMemory
}

export interface ProcMemory {
  vmSizeKib: number
  rssKib: number
  swapKib: number
  /** All levels of page tables (4.15+), before that the lowest. */
  pgtablesKib: number
}

/**
 * /proc/PID/status. The name cannot forge a line: the kernel escapes its newlines.
 * Source: proc_pid_status(5); fs/proc/array.c, proc_pid_status; fs/proc/task_mmu.c, task_mem.
 * @returns undefined when it tells no user, as a text that is cut or of something else.
 */
export function parseStatus(text: string): ProcStatus | undefined {
  const uid = /^Uid:\t(\d+)/m.exec(text)?.[1]
  if (uid === undefined) return undefined
  const rssKib = kibOf(text, 'VmRSS')
  if (rssKib === undefined) return { uid: Number(uid) }
  const [vmSizeKib = 0, swapKib = 0, pgtablesKib = 0] = ['VmSize', 'VmSwap', 'VmPTE'].map((key) => kibOf(text, key))
  return { uid: Number(uid), memory: { vmSizeKib, rssKib, swapKib, pgtablesKib } }
}

/** The process that a thread belongs to. @returns undefined when the text of /proc/TID/status does not tell it. */
export function parseTgid(text: string): number | undefined {
  const digits = /^Tgid:\t(\d+)$/m.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function kibOf(text: string, key: string): number | undefined {
  const digits = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
