/** A log that grows with its size: what would take time by the square of it, were the reader careless. */
export interface HostileLog {
  name: string
  /** Of the small one; the large one has ten times that. What it counts is the shape's own. */
  size: number
  create: (size: number) => string
}

const HEADER = 'eater invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0'
const CPU = 'CPU: 1 UID: 0 PID: 77 Comm: eater Not tainted 6.12.57 #1'
const MEMORY = [
  'Mem-Info:',
  'active_anon:31000 inactive_anon:400 isolated_anon:0',
  'free:9000 free_pcp:0 free_cma:0',
  'Node 0 DMA32 free:36000kB boost:0kB min:45000kB low:56000kB high:67000kB present:2080000kB managed:2010000kB',
  'lowmem_reserve[]: 0 0 0 0',
]
const COLUMNS = '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name'
const GROUP = 'Tasks in /shop are going to be killed due to memory.oom.group set'
const ANNOUNCED =
  'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/shop,task_memcg=/shop,task=w1,pid=1001,uid=0'

const row = (pid: number, name = `w${pid}`): string =>
  `[${String(pid).padStart(7)}]     0 ${pid}     9000      ${400 + (pid % 500)}    65536        0             0 ${name}`
const kill = (pid: number, name = `w${pid}`): string =>
  `Memory cgroup out of memory: Killed process ${pid} (${name}) total-vm:36000kB, anon-rss:${1600 + (pid % 2000)}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:64kB oom_score_adj:0`

function times(count: number, make: (at: number) => string | readonly string[]): string[] {
  return Array.from({ length: count }, (_line, at) => make(at)).flat()
}

/** A tenth of a millisecond apart, by one caller in `callers`. */
function stamped(lines: readonly string[], callers = 1): string {
  const caller = (at: number) => (callers === 1 ? '' : `[T${1000 + (at % callers)}]`)
  return lines.map((line, at) => `[${(1000 + at / 10_000).toFixed(6)}]${caller(at)} ${line}`).join('\n')
}

const dumpOf = (rows: readonly string[]): string[] => [HEADER, CPU, ...MEMORY, COLUMNS, ...rows]

/** Of so many processes, and of as many victims from a pid on. */
const groupKill = (size: number, fromPid = 1001): string[] => [
  ...dumpOf(times(size, (at) => row(1001 + at))),
  ANNOUNCED,
  kill(1001),
  GROUP,
  ...times(size, (at) => kill(fromPid + at)),
]

export const HOSTILE_LOGS: readonly HostileLog[] = [
  {
    name: 'victims of a group kill that the table lists',
    size: 1000,
    create: (size) => stamped(groupKill(size)),
  },
  {
    name: 'victims of a group kill that are not in the table',
    size: 1000,
    create: (size) => stamped(groupKill(size, 900_001)),
  },
  {
    name: 'victims of a group kill, slowly',
    size: 1000,
    create: (size) =>
      groupKill(size)
        .map((line, at) => `[${(1000 + at / 4).toFixed(6)}] ${line}`)
        .join('\n'),
  },
  {
    name: 'kills without a dump',
    size: 50,
    create: (size) => stamped(times(size, (at) => kill(1001 + at))),
  },
  {
    name: 'rows of a task table',
    size: 2000,
    create: (size) => stamped([...dumpOf(times(size, (at) => row(1001 + at))), ANNOUNCED, kill(1001)]),
  },
  {
    name: 'zones of a machine',
    size: 1000,
    create: (size) =>
      stamped([
        ...dumpOf([]),
        ...times(
          size,
          (at) =>
            `Node ${at} Normal free:36000kB min:45000kB low:56000kB high:67000kB present:2080000kB managed:2010000kB`,
        ),
        ...times(size, (at) => `Node ${at} Normal: 9*4kB (UM) 3*8kB (U) 0*16kB = 60kB`),
        kill(1001).replace('Memory cgroup out', 'Out'),
      ]),
  },
  {
    name: 'dumps that never end',
    size: 100,
    create: (size) => stamped(times(size, () => dumpOf(times(8, (at) => row(1001 + at))))),
  },
  {
    name: 'dumps of 60 callers, line by line in turn',
    size: 4,
    create: (size) =>
      stamped(
        times(size, () => [...dumpOf(times(8, (at) => row(1001 + at))), ANNOUNCED, kill(1001)]).flatMap((line) =>
          times(60, () => line),
        ),
        60,
      ),
  },
  {
    name: 'wrapped at 72 columns',
    size: 20,
    create: (size) =>
      times(size, () => [...dumpOf(times(20, (at) => row(1001 + at))), ANNOUNCED, kill(1001)])
        .join('\n')
        .replace(/(.{72})(?=.)/g, '$1\n'),
  },
  {
    name: 'a record that a terminal broke in 512',
    size: 50,
    create: (size) => {
      const lines = [HEADER, `Memory cgroup stats for /a: cache:0KB ${'rss:1KB '.repeat(size * 60)}`, kill(1001)]
      // No line is longer than the terminal is wide: then those that are as long were broken.
      return lines
        .map((line) => `[ 1000.0] ${line}`.replaceAll(new RegExp(`(.{${size}})(?=.)`, 'g'), '$1\n'))
        .join('\n')
    },
  },
  {
    name: 'a long journal as JSON',
    size: 20,
    create: (size) =>
      times(size, () => [HEADER, CPU, ...MEMORY, kill(1001)])
        .map((text, at) =>
          JSON.stringify({ _TRANSPORT: 'kernel', MESSAGE: text, _SOURCE_MONOTONIC_TIMESTAMP: `${1e9 + at * 100}` }),
        )
        .join('\n'),
  },
  ...(
    [
      ['a bracket and spaces', '[', ' '],
      ['spaces within a kmsg record that is broken', `4,1,2,-;${HEADER}\nx`, ' '],
      ['a command of brackets', 'Out of memory: Killed process 7 (', ')'],
      ['a command of kill lines', 'Out of memory: Killed process 7 (', ') total-vm:9kB'],
      ['a choice of scores', 'Out of memory: Kill process 7 (', ') score 1 '],
      ['a row of numbers', '[  7] 0 7 1 1 ', '1 '],
      ['names of cgroups', 'oom-kill:constraint=CONSTRAINT_MEMCG,', ',task_memcg=/'],
      ['names of gfp flags', 'eater invoked oom-killer: gfp_mask=0xcc0(', 'GFP_KERNEL|'],
      ['figures of a zone', 'Node 0 Normal free:1kB ', 'a:1kB '],
      ['figures of a cgroup', 'Memory cgroup stats for /a: cache:0KB ', 'rss:1KB '],
      ['blocks of a buddy list', 'Node 0 Normal: ', '1*4kB '],
      ['a tainted processor', 'CPU: 1 PID: 7 Comm: eater Tainted: ', 'A '],
      ['marks of quotation', '', '> '],
      ['escaped newlines', HEADER, '#012'],
      ['structured data', '<4>1 2025-12-04T10:11:12Z h kernel - - [', 'a="b" '],
      ['characters over each other', 'Out of memory: Killed process 7 (x', '\u0301'],
    ] as const
  ).map(([what, start, filler]): HostileLog => ({
    name: `one long line: ${what}`,
    size: 50_000,
    create: (size) => `${HEADER}\n${start}${filler.repeat(Math.ceil(size / filler.length))}x\n${kill(1001)}`,
  })),
]
