import { parseDecimal } from './decimal.ts'

export interface ProcStat {
  /** At most 15 bytes, chosen by the process itself; 63 of a kernel thread's. */
  command: string
  isKernelThread: boolean
  parentPid: number
  /** The leader has ended and waits for its other threads, or for its parent. */
  isZombie: boolean
  threadCount: number
  /** When it was started, in clock ticks since boot. */
  startTicks: number
  /** Resident pages; 0 where it has no memory of its own. */
  rssPages: number
}

const [OPEN, CLOSE, SPACE] = [0x28, 0x29, 0x20]
const ZOMBIE = 0x5a
/** `ppid` is field 4, `starttime` field 22: so many behind the state, which is the first after the command. */
const PARENT = 1
const FLAGS = 6
const THREADS = 17
const START_TIME = 19
const RSS = 21
/** include/linux/sched.h: the same since 2.6.35. */
const PF_KTHREAD = 0x0020_0000

/**
 * /proc/PID/stat: `PID (command) state …`. The command may hold anything, `)` and newlines too: it ends at the last `)`.
 * Source: proc_pid_stat(5); fs/proc/array.c, do_task_stat.
 * @returns undefined when it is cut or is no such line.
 */
export function parseStat(bytes: Buffer): ProcStat | undefined {
  const open = bytes.indexOf(OPEN)
  const close = bytes.lastIndexOf(CLOSE)
  if (open < 0 || close < open || bytes[close + 1] !== SPACE) return undefined
  let parentPid: number | undefined
  let flags: number | undefined
  let threadCount: number | undefined
  let startTicks: number | undefined
  let rssPages: number | undefined
  let field = 0
  for (let at = close + 2; at < bytes.length && field < RSS; at++) {
    if (bytes[at] !== SPACE) continue
    field++
    if (field === PARENT) parentPid = parseDecimal(bytes, at + 1)
    else if (field === FLAGS) flags = parseDecimal(bytes, at + 1)
    else if (field === THREADS) threadCount = parseDecimal(bytes, at + 1)
    else if (field === START_TIME) startTicks = parseDecimal(bytes, at + 1)
    else if (field === RSS) rssPages = parseDecimal(bytes, at + 1)
  }
  if (parentPid === undefined || flags === undefined || threadCount === undefined) return undefined
  if (startTicks === undefined || rssPages === undefined) return undefined
  return {
    command: bytes.toString('utf8', open + 1, close),
    isKernelThread: (flags & PF_KTHREAD) !== 0,
    parentPid,
    isZombie: bytes[close + 2] === ZOMBIE,
    threadCount,
    startTicks,
    rssPages,
  }
}
