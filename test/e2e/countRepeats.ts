import type { KernelKill } from '../support/kernelLog.ts'

const GROUP = / are going to be killed due to memory\.oom\.group set$/
const TOTAL_VM = / total-vm:(\d+)kB,/
/** A group dies at once; another kill of as large a process hardly follows so soon. */
const WITHIN_USEC = 1_000_000

/**
 * How many of these lines are a victim's second. A victim of a group kill may be printed and counted again while it still has
 * its memory, maybe by a thread's pid (mm/oom_kill.c, oom_kill_memcg_member): it is the line of its group with the same memory.
 * @param kills of one kernel, in their order, no two processes of a group of the same size
 */
export function countRepeats(kills: readonly KernelKill[]): number {
  let repeats = 0
  let previous: KernelKill | undefined
  /** Victims of the group that dies, until their second line. */
  let once: KernelKill[] | undefined
  for (const kill of kills) {
    if (kill.lines.some((line) => line.includes(' invoked oom-killer: '))) once = undefined
    else if (kill.lines.some((line) => GROUP.test(line)) && previous !== undefined) once = [previous]
    previous = kill
    const before = once?.find((one) => sizeOf(one) === sizeOf(kill))
    if (before === undefined) once?.push(kill)
    else {
      if (kill.monotonicUsec - before.monotonicUsec < WITHIN_USEC) repeats++
      once = once?.filter((one) => one !== before)
    }
  }
  return repeats
}

function sizeOf({ lines }: KernelKill): string | undefined {
  return TOTAL_VM.exec(lines.at(-1) ?? '')?.[1]
}
