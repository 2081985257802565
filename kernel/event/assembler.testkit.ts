import type { KmsgRecord } from '#kernel/kmsg/record.ts'
import { createAssembler, type Assembler } from './assembler.ts'
import type { OomOutcome } from './oomEvent.ts'

/** An assembler with what it said, for tests. */
export interface AssemblerRun {
  assembler: Assembler
  outcomes: OomOutcome[]
  /** Pushes texts as consecutive records of the kernel. */
  say: (...texts: string[]) => void
  /** Pushes one record, by default the next of the kernel's, 10 µs later. */
  push: (fields: Partial<KmsgRecord>) => void
}

export function startAssembler(caller?: string): AssemblerRun {
  const outcomes: OomOutcome[] = []
  const assembler = createAssembler((outcome) => outcomes.push(outcome))
  let sequence = 99
  let monotonicUsec = 0
  const push = (fields: Partial<KmsgRecord>) => {
    const record: KmsgRecord = {
      facility: 0,
      level: 6,
      sequence: sequence + 1,
      monotonicUsec: monotonicUsec + 10,
      continuation: false,
      caller,
      text: '',
      ...fields,
    }
    sequence = record.sequence
    monotonicUsec = record.monotonicUsec
    assembler.push(record)
  }
  return { assembler, outcomes, push, say: (...texts) => texts.forEach((text) => push({ text })) }
}

export function header(command: string): string {
  return `${command} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`
}

export const TABLE = '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name'

export function row(pid: number, tgid = pid, name = 'x'): string {
  return `[${String(pid).padStart(7)}]     0 ${tgid}     1000      900    65536        0             0 ${name}`
}

export function announce(pid: number, command = 'x', cgroup = '/a'): string {
  return `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${cgroup},task_memcg=${cgroup},task=${command},pid=${pid},uid=0`
}

export function kill(pid: number, command = 'x'): string {
  return `Memory cgroup out of memory: Killed process ${pid} (${command}) total-vm:4000kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0`
}

export const GROUP = 'Tasks in /a are going to be killed due to memory.oom.group set'

/** Sequence, event, victim and trigger of each outcome: what most tests are about. */
export function summary(outcomes: readonly OomOutcome[]) {
  return outcomes.map((outcome) => ({
    sequence: outcome.sequence,
    event: outcome.eventSequence,
    pid: outcome.outcome === 'killed' ? outcome.victim.pid : outcome.outcome,
    trigger: outcome.dump?.trigger?.command,
  }))
}
