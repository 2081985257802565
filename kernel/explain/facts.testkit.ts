import { parseOomDump } from '#kernel/dump/parseOomDump.ts'
import { eventsOf } from '#kernel/event/logEvents.testkit.ts'
import type { OomVictim } from '#kernel/event/oomEvent.ts'
import { parseKillLine } from '#kernel/dump/killLine.ts'
import { gatherFacts, type OomFacts } from './facts.ts'
import { caseOfEvent, type OomCase } from './oomCase.ts'

/** Lines of a dump, a kill line among them or not → a case, without the assembler's care. */
export function caseOf(lines: readonly string[], slabLines?: readonly string[]): OomCase {
  const kills = lines.flatMap((line) => parseKillLine(line) ?? [])
  const victims: OomVictim[] = kills.map(({ victim }) => victim)
  return {
    outcome: victims.length > 0 ? 'killed' : 'noKillable',
    dump: parseOomDump(lines),
    victims,
    message: kills[0]?.message,
    rawLines: lines,
    slabLines,
  }
}

export function factsOf(lines: readonly string[], slabLines?: readonly string[]): OomFacts {
  return gatherFacts(caseOf(lines, slabLines))
}

/** A saved log → its cases, all the way. */
export function casesOfLog(text: string): OomCase[] {
  return eventsOf(text).map(caseOfEvent)
}

/** The head of a dump of 6.x. */
export const HEAD = [
  'app invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0',
  'CPU: 0 UID: 0 PID: 7 Comm: app Not tainted 6.12.0 #1',
]

/** Figures of a machine of 4 GiB with its RAM, in pages; what is not given is 0. */
export interface MachineLines {
  anon?: number
  shmem?: number
  slabUnreclaimable?: number
  slabReclaimable?: number
  pagetables?: number
  unevictable?: number
  free?: number
  swapTotalKib?: number
  swapFreeKib?: number
}

export const RAM_PAGES = 1_048_576

export function machineLines(given: MachineLines = {}): string[] {
  return [
    'Mem-Info:',
    `active_anon:${(given.anon ?? 0) + (given.shmem ?? 0)} inactive_anon:0 isolated_anon:0`,
    `unevictable:${given.unevictable ?? 0} dirty:0 writeback:0`,
    `slab_reclaimable:${given.slabReclaimable ?? 0} slab_unreclaimable:${given.slabUnreclaimable ?? 0}`,
    `mapped:0 shmem:${given.shmem ?? 0} pagetables:${given.pagetables ?? 0}`,
    `free:${given.free ?? 9000} free_pcp:0 free_cma:0`,
    `Free swap  = ${given.swapFreeKib ?? 1_000_000}kB`,
    `Total swap = ${given.swapTotalKib ?? 2_000_000}kB`,
    `${RAM_PAGES} pages RAM`,
    '0 pages reserved',
  ]
}

export const TABLE = '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name'

export function row(pid: number, command: string, rssPages: number, adj = 0, totalVmPages = rssPages): string {
  return `[${String(pid).padStart(7)}]  1000 ${pid} ${totalVmPages} ${rssPages}    65536        0 ${adj} ${command}`
}

export function announce(constraint = 'CONSTRAINT_NONE', cgroups = 'global_oom,task_memcg=/'): string {
  return `oom-kill:constraint=${constraint},nodemask=(null),cpuset=/,mems_allowed=0,${cgroups},task=app,pid=7,uid=1000`
}

export function killOf(pid: number, command: string, anonKib: number, totalVmKib = anonKib): string {
  return `Out of memory: Killed process ${pid} (${command}) total-vm:${Math.floor(totalVmKib)}kB, anon-rss:${Math.floor(anonKib)}kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:64kB oom_score_adj:0`
}

/** So much of the machine, in pages. */
export const partOfRam = (share: number): number => Math.floor(RAM_PAGES * share)

/** A dump of the machine with these memory lines, and more behind them. */
export function machine(given: MachineLines, ...more: string[]): string[] {
  return [...HEAD, ...machineLines(given), ...more]
}

/** A task table of so many alike. */
export function processes(count: number, rssPages: number, command = (at: number) => `p${at % 97}`): string[] {
  return [TABLE, ...Array.from({ length: count }, (_, at) => row(1000 + at, command(at), rssPages))]
}
