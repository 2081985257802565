import { MAX_COMMAND_LENGTH } from './header.ts'
import { exactInteger, uidOf } from './number.ts'
import type { OomConstraint } from './oomDump.ts'

/** The summary line of 5.0+. Sources: mm/oom_kill.c, dump_oom_victim; mm/memcontrol.c, mem_cgroup_print_oom_context. */
export interface OomKillLine {
  constraint?: OomConstraint | undefined
  /** As printed, where it is none of the four. */
  constraintName?: string | undefined
  nodemask?: string | undefined
  memsAllowed?: string | undefined
  oomCgroup?: string | undefined
  taskCgroup?: string | undefined
  victim?: { command: string; pid: number; uid?: number | undefined } | undefined
}

export const OOM_KILL_PREFIX = 'oom-kill:'

/** Two paths (PATH_MAX) and what stands around them fit; a longer line is not the kernel's. Characters. */
export const MAX_OOM_KILL_LENGTH = 16_384

const CONSTRAINTS: ReadonlyMap<string, OomConstraint> = new Map([
  ['CONSTRAINT_NONE', 'None'],
  ['CONSTRAINT_CPUSET', 'Cpuset'],
  ['CONSTRAINT_MEMORY_POLICY', 'MemoryPolicy'],
  ['CONSTRAINT_MEMCG', 'Memcg'],
])

/** The line is printed in pieces; long cgroup paths push the rest into records of their own. */
export function isWholeOomKillLine(text: string): boolean {
  return /,pid=\d+,uid=\d+$/.test(text)
}

/** The victim alone: the last piece, where other output came between. */
export function isOomKillLineEnd(text: string): boolean {
  return /^,task=.{0,15},pid=\d+,uid=\d+$/s.test(text)
}

/**
 * `oom-kill:constraint=C,nodemask=N,cpuset=S,mems_allowed=M,oom_memcg=A,task_memcg=B,task=X,pid=P,uid=U`. Names of
 * commands and cgroups may hold any of these words, so: the victim from the right, cgroups by what must be true of them.
 */
export function parseOomKillLine(text: string): OomKillLine | undefined {
  if (!text.startsWith(OOM_KILL_PREFIX) || text.length > MAX_OOM_KILL_LENGTH) return undefined
  const usual = USUAL.exec(text)
  return usual === null ? readAnyLine(text) : readUsualLine(usual)
}

/** Where no name holds a comma, nothing can be mistaken. */
const USUAL =
  /^oom-kill:constraint=([A-Z0-9_]+),nodemask=(?:\(null\)|([\d,-]*\d)),cpuset=[^,]*,mems_allowed=([\d,-]*\d)(?:,global_oom|,oom_memcg=(\/[^,]*)),task_memcg=(\/[^,]*),task=([^,]{0,15}),pid=(\d{1,15}),uid=(\d{1,9})$/

function readUsualLine(match: RegExpExecArray): OomKillLine {
  const [, name = '', nodemask, memsAllowed, oomCgroup, taskCgroup, command = '', pid, uid] = match
  const constraint = CONSTRAINTS.get(name)
  return {
    constraint,
    constraintName: constraint === undefined ? name : undefined,
    nodemask,
    memsAllowed,
    oomCgroup,
    taskCgroup,
    victim: { command, pid: Number(pid), uid: Number(uid) },
  }
}

/** From the right, as far as the line goes. */
export function readAnyLine(text: string): OomKillLine {
  const { head, victim, cgroups } = splitLine(text)
  const name = /^oom-kill:constraint=([A-Z0-9_]+)/.exec(head)?.[1]
  const constraint = name === undefined ? undefined : CONSTRAINTS.get(name)
  return {
    constraint,
    constraintName: constraint === undefined ? name : undefined,
    nodemask: /^[^=]*=[^,]*,nodemask=([\d,-]*\d)(?:,[a-z]|$)/.exec(head)?.[1],
    memsAllowed: /,mems_allowed=([\d,-]*\d)(?:,[a-z]|$)/.exec(head)?.[1],
    oomCgroup: cgroups.oomCgroup,
    taskCgroup: cgroups.taskCgroup,
    victim,
  }
}

/**
 * Cuts the victim off. A command may hold `,task=`, so the leftmost one that leaves no more than a command begins it;
 * unless that leaves a cgroup that cannot be the victim's, because it is the cgroup's name that holds the word.
 */
function splitLine(text: string): { head: string; victim: OomKillLine['victim']; cgroups: Cgroups } {
  const numbers = /,pid= *(\d+), *uid= *(-?\d+)$/.exec(text)
  const pid = exactInteger(numbers?.[1])
  if (numbers === null || pid === undefined)
    return { head: text, victim: undefined, cgroups: parseCgroups(text, false) }

  const end = numbers.index
  let first: { head: string; victim: OomKillLine['victim']; cgroups: Cgroups } | undefined
  for (let at = Math.max(0, end - MAX_COMMAND_LENGTH - VICTIM.length); ; at++) {
    at = text.indexOf(VICTIM, at)
    if (at < 0 || at >= end) break
    const head = text.slice(0, at)
    const victim = { command: text.slice(at + VICTIM.length, end), pid, uid: uidOf(numbers[2]) }
    const split = { head, victim, cgroups: parseCgroups(head, true) }
    if (split.cgroups.certain) return split
    first ??= split
  }
  return first ?? { head: text, victim: undefined, cgroups: parseCgroups(text, false) }
}

const VICTIM = ',task='
const OOM = ',oom_memcg='
const TASK = ',task_memcg='

interface Cgroups {
  oomCgroup?: string
  taskCgroup?: string
  /** The victim's cgroup is where it must be; false where that cannot be told. */
  certain: boolean
}

/** @param whole whether the line's end was there: without it the last path may be cut and is not to be believed. */
function parseCgroups(head: string, whole: boolean): Cgroups {
  // Whichever comes first is the kernel's own: a cpuset is printed by name, and a name holds no slash.
  const oomAt = head.indexOf(`${OOM}/`)
  const taskAt = head.indexOf(`${TASK}/`)
  if (oomAt < 0 || (taskAt >= 0 && taskAt < oomAt)) {
    return taskAt < 0 || !whole ? { certain: false } : { taskCgroup: head.slice(taskAt + TASK.length), certain: false }
  }
  const paths = head.slice(oomAt + OOM.length)
  const splits: number[] = []
  for (let at = paths.indexOf(`${TASK}/`); at >= 0; at = paths.indexOf(`${TASK}/`, at + 1)) splits.push(at)
  // The victim is in the domain or below it, which a path with the word in it cannot imitate.
  const within = splits.find((at) => isWithin(paths.slice(at + TASK.length), paths.slice(0, at)))
  const split = within ?? (splits.length === 1 ? splits[0] : undefined)
  if (split === undefined) {
    if (splits.length > 0 || !whole) return { certain: false }
    // A path begins with a slash, unless something else was printed in the middle of the line.
    const cut = paths.lastIndexOf(TASK)
    return { oomCgroup: cut < 0 ? paths : paths.slice(0, cut), certain: false }
  }
  const oomCgroup = paths.slice(0, split)
  const certain = within !== undefined
  return whole ? { oomCgroup, taskCgroup: paths.slice(split + TASK.length), certain } : { oomCgroup, certain }
}

function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || ancestor === '/' || path.startsWith(`${ancestor}/`)
}
