import { exactInteger, oomScoreAdjOf } from './number.ts'
import type { OomTrigger } from './oomDump.ts'

/** TASK_COMM_LEN − 1. UTF-16 units are never more than the bytes they were decoded from. */
export const MAX_COMMAND_LENGTH = 15

const INVOKED = ' invoked oom-killer'
/** Before 2.6.19 nobody is named. */
const UNNAMED = 'oom-killer: gfp_mask='
const COLON = 0x3a

/** The line that opens a dump. A command is too short to hold the words itself. */
export function isHeaderLine(text: string): boolean {
  const at = text.lastIndexOf(INVOKED)
  if (at < 0) return text.startsWith(UNNAMED)
  const end = at + INVOKED.length
  // A person may have left out the rest, colon and all.
  return at <= MAX_COMMAND_LENGTH && (end === text.length || text.charCodeAt(end) === COLON)
}

/**
 * `X invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`, with nodemask (4.12 to 4.20) or
 * oom_adj (2.6, first named oomkilladj) in between; `oom-killer: gfp_mask=0x280d2, order=0` before 2.6.19.
 * Source: mm/oom_kill.c, dump_header, out_of_memory before 2.6.19.
 */
export function parseHeaderLine(text: string): { trigger: OomTrigger; nodemask?: string | undefined } | undefined {
  const modern = MODERN.exec(text)
  if (modern !== null) return { trigger: readModern(modern) }
  if (!isHeaderLine(text)) return undefined
  const at = Math.max(0, text.lastIndexOf(INVOKED))
  const rest = text.slice(at)
  const gfp = /gfp_mask=(0x[0-9a-f]{1,16})(?:\(([^)]*)\))?/.exec(rest)
  const trigger: OomTrigger = {
    command: text.slice(0, at),
    gfpMask: gfp?.[1],
    gfpFlags: gfp?.[2] === undefined ? undefined : splitFlags(gfp[2]),
    order: exactInteger(/(?<![a-z_])order=(-?\d+)/.exec(rest)?.[1]),
    oomScoreAdj: oomScoreAdjOf(/(?<![a-z_])oom_score_adj=(-?\d+)/.exec(rest)?.[1]),
    oomAdj: exactInteger(/(?<![a-z_])(?:oom_adj|oomkilladj)=(-?\d{1,3})(?!\d)/.exec(rest)?.[1]),
  }
  return { trigger, nodemask: /\bnodemask=([\d,-]+),/.exec(rest)?.[1] }
}

/** As since 5.0, which has room for no second `invoked oom-killer:`. */
const MODERN =
  /^([^]{0,15}) invoked oom-killer: gfp_mask=(0x[0-9a-f]{1,16})\(([A-Za-z0-9_|]*)\), order=(-?\d{1,3}), oom_score_adj=(-?\d{1,4})$/

function readModern([, command = '', gfpMask, flags = '', order, oomScoreAdj]: RegExpExecArray): OomTrigger {
  return {
    command,
    gfpMask,
    gfpFlags: splitFlags(flags),
    order: Number(order),
    oomScoreAdj: oomScoreAdjOf(oomScoreAdj),
    oomAdj: undefined,
  }
}

function splitFlags(printed: string): string[] {
  const flags = printed.split('|')
  return flags.includes('') ? flags.filter((flag) => flag !== '') : flags
}

/** What the CPU line tells: who printed the dump, and uname -r. */
export interface CpuLine {
  pid: number
  kernelRelease: string | undefined
  /** Begins with the command, whose end cannot be told from here. */
  commandAndRest: string
}

/**
 * `CPU: 0 UID: 0 PID: 12950 Comm: tail Not tainted 6.18.44 #1 PREEMPT(none)`, or `Pid: 4917, comm: x Not tainted
 * 2.6.32 #1`; on s390 the line of PROCESS. The release stands before the last ` #`, since the command is on its left.
 * Source: lib/dump_stack.c, dump_stack_print_info.
 */
export function parseCpuLine(text: string): CpuLine | undefined {
  const process = PROCESS.exec(text)
  if (process !== null) {
    return { pid: Number(process[2]), kernelRelease: undefined, commandAndRest: process[1] ?? '' }
  }
  const match = /^(?:CPU: \d+ (?:UID: \d+ )?PID: (\d+) Comm: |Pid: (\d+), comm: )/.exec(text)
  const pid = exactInteger(match?.[1] ?? match?.[2])
  if (match === null || pid === undefined) return undefined
  const rest = text.slice(match[0].length)
  const build = rest.lastIndexOf(' #')
  const before = build < 0 ? cutRelease(rest) : rest.slice(0, build)
  const release = before.slice(before.lastIndexOf(' ') + 1).replace(/^\(/, '')
  return { pid, kernelRelease: /^\d+\.\d+/.test(release) ? release : undefined, commandAndRest: rest }
}

/** `Process x (pid: 12, task: 00000000a1b2c3d4, ksp: …)`, on s390. Source: arch/s390/kernel/dumpstack.c, 2.6 to 3.8. */
const PROCESS = /^Process (.{1,15}) \(pid: (\d+), task: /

export function isProcessLine(text: string): boolean {
  return PROCESS.test(text)
}

/** Where nothing but the release is told: `CPU: 0 Not tainted 2.6.28 #1`. */
const UNNAMED_CPU = /^CPU: +\d+ +(?:Not tainted|Tainted: [A-Z ]+?) +\(?(\d+\.\d+\S*) #/

/** Where the line was cut off after the release: it follows what taints the kernel, which is in capital letters. */
function cutRelease(rest: string): string {
  return /^.*tainted(?:: [A-Z ]+)? +\d+\.\d+\.\S+/is.exec(rest)?.[0] ?? ''
}

/** uname -r from the line that a kernel begins with (init/main.c, linux_banner), or from anybody's processor line. */
export function parseKernelRelease(text: string): string | undefined {
  if (text.startsWith('Linux version ')) return /^Linux version (\d+\.\d+\S*) /.exec(text)?.[1]
  if (!text.startsWith('CPU: ')) return text.startsWith('Pid: ') ? parseCpuLine(text)?.kernelRelease : undefined
  return parseCpuLine(text)?.kernelRelease ?? UNNAMED_CPU.exec(text)?.[1]
}

/** `X cpuset=/ mems_allowed=0-1`, the line after the header before 5.0. Source: kernel/cpuset.c. */
export function parseCpusetLine(text: string): { memsAllowed: string } | undefined {
  const match = /^.{0,15} cpuset=.* mems_allowed=([\d,-]+)$/s.exec(text)
  return match?.[1] === undefined ? undefined : { memsAllowed: match[1] }
}
