import { parseDecimal } from './decimal.ts'

export interface ProcStatus {
  /** The process that it is a thread of: its own pid, where it leads. */
  tgid: number
  uid: number
  /** Absent for what has no memory of its own: a kernel thread, a zombie, a leader whose other threads go on. */
  memory?: ProcMemory
}

export interface ProcMemory {
  vmSizeKib: number
  rssKib: number
  /** What makes it up, as the killer prints it; undefined before 4.5. */
  anonRssKib: number | undefined
  fileRssKib: number | undefined
  shmemRssKib: number | undefined
  swapKib: number
  /** All levels of page tables (4.15+), before that the lowest two. */
  pgtablesKib: number
}

/** In the order in which the kernel prints them: each is looked for behind the one before. */
const KEYS = ['Tgid', 'Uid', 'VmSize', 'VmRSS', 'RssAnon', 'RssFile', 'RssShmem', 'VmPTE', 'VmPMD', 'VmSwap'] as const
type Key = (typeof KEYS)[number]
const FIELDS = KEYS.map((key) => ({ key, name: Buffer.from(`\n${key}:`) }))

const [TAB, SPACE] = [0x09, 0x20]

/**
 * /proc/PID/status. The name cannot forge a line: the kernel escapes its newlines.
 * Source: proc_pid_status(5); fs/proc/array.c, proc_pid_status; fs/proc/task_mmu.c, task_mem.
 * @returns undefined when it tells no user, as bytes that are cut or of something else.
 */
export function parseStatus(bytes: Buffer): ProcStatus | undefined {
  const values: Partial<Record<Key, number>> = {}
  let from = 0
  // Found by the runtime's own search, which is as fast in the first process of a scan as in the last.
  for (const { key, name } of FIELDS) {
    const at = bytes.indexOf(name, from)
    if (at < 0) continue
    from = at + name.length
    const value = parseDecimal(bytes, skipBlanks(bytes, from))
    if (value !== undefined) values[key] = value
  }
  const { Tgid: tgid, Uid: uid } = values
  if (tgid === undefined || uid === undefined) return undefined
  return values.VmRSS === undefined ? { tgid, uid } : { tgid, uid, memory: memoryOf(values, values.VmRSS) }
}

function memoryOf(values: Partial<Record<Key, number>>, rssKib: number): ProcMemory {
  return {
    vmSizeKib: values.VmSize ?? 0,
    rssKib,
    anonRssKib: values.RssAnon,
    fileRssKib: values.RssFile,
    shmemRssKib: values.RssShmem,
    swapKib: values.VmSwap ?? 0,
    pgtablesKib: (values.VmPTE ?? 0) + (values.VmPMD ?? 0),
  }
}

function skipBlanks(bytes: Buffer, start: number): number {
  let at = start
  while (bytes[at] === TAB || bytes[at] === SPACE) at++
  return at
}
