import { parseDecimal } from './decimal.ts'

export interface ProcStat {
  /** At most 15 bytes, chosen by the process itself; 63 of a kernel thread's. */
  command: string
  isKernelThread: boolean
  /** When it was started, in clock ticks since boot. */
  startTicks: number
}

const [OPEN, CLOSE, SPACE] = [0x28, 0x29, 0x20]
/** `flags` is field 9 and `starttime` field 22: so many behind the state, which is the first after the command. */
const FLAGS = 6
const START_TIME = 19
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
  let flags: number | undefined
  let startTicks: number | undefined
  let field = 0
  for (let at = close + 2; at < bytes.length && field < START_TIME; at++) {
    if (bytes[at] !== SPACE) continue
    field++
    if (field === FLAGS) flags = parseDecimal(bytes, at + 1)
    if (field === START_TIME) startTicks = parseDecimal(bytes, at + 1)
  }
  if (flags === undefined || startTicks === undefined) return undefined
  const command = bytes.toString('utf8', open + 1, close)
  return { command, isKernelThread: (flags & PF_KTHREAD) !== 0, startTicks }
}
