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

/** In the order in which the kernel prints them: nothing is read behind the last. */
const KEYS = ['Tgid', 'Uid', 'VmSize', 'VmRSS', 'RssAnon', 'RssFile', 'RssShmem', 'VmPTE', 'VmPMD', 'VmSwap'] as const
type Key = (typeof KEYS)[number]
const FIELDS = KEYS.map((key) => ({ key, name: Buffer.from(`${key}:`) }))
const LAST: Key = 'VmSwap'

const [NEWLINE, TAB, SPACE] = [0x0a, 0x09, 0x20]

/**
 * /proc/PID/status. The name cannot forge a line: the kernel escapes its newlines.
 * Source: proc_pid_status(5); fs/proc/array.c, proc_pid_status; fs/proc/task_mmu.c, task_mem.
 * @returns undefined when it tells no user, as bytes that are cut or of something else.
 */
export function parseStatus(bytes: Buffer): ProcStatus | undefined {
  const values: Partial<Record<Key, number>> = {}
  for (let at = 0; at < bytes.length; at = nextLine(bytes, at)) {
    const field = fieldAt(bytes, at)
    if (field === undefined) continue
    const value = parseDecimal(bytes, skipBlanks(bytes, at + field.name.length))
    if (value !== undefined) values[field.key] = value
    if (field.key === LAST) break
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

function fieldAt(bytes: Buffer, at: number): (typeof FIELDS)[number] | undefined {
  for (const field of FIELDS) if (startsWith(bytes, at, field.name)) return field
  return undefined
}

function startsWith(bytes: Buffer, start: number, name: Buffer): boolean {
  for (let at = 0; at < name.length; at++) if (bytes[start + at] !== name[at]) return false
  return true
}

function skipBlanks(bytes: Buffer, start: number): number {
  let at = start
  while (bytes[at] === TAB || bytes[at] === SPACE) at++
  return at
}

/** By hand: most lines are shorter than what a call of indexOf takes. */
function nextLine(bytes: Buffer, start: number): number {
  let at = start
  while (at < bytes.length && bytes[at] !== NEWLINE) at++
  return at + 1
}
