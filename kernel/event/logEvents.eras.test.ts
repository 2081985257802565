import { describe, expect, it } from '@jest/globals'
import { eventsOf } from './logEvents.testkit.ts'
import type { OomLogEvent } from './oomLogEvent.ts'

/** One kernel's forms of each part, written from what its mm/oom_kill.c and show_mem print. */
interface Era {
  lines: readonly string[]
  event: unknown
}

const ROW = '[ 1234]  1000  1234     5000     4000'

const ERAS: Readonly<Record<string, Era>> = {
  '2.6.16': {
    lines: [
      'oom-killer: gfp_mask=0x280d2, order=0',
      'Mem-info:',
      'DMA per-cpu:',
      'cpu 0 hot: high 0, batch 1 used:0',
      'Free pages:        8000kB (0kB HighMem)',
      'Active:90000 inactive:80000 dirty:0 writeback:0 unstable:0 free:2000 slab:1000 mapped:19 pagetables:600',
      'DMA free:4000kB min:72kB low:88kB high:108kB active:5000kB inactive:5500kB present:16384kB pages_scanned:1 all_unreclaimable? yes',
      'Normal free:4000kB min:4800kB low:6000kB high:7200kB active:1kB inactive:2kB present:800000kB pages_scanned:4 all_unreclaimable? no',
      'HighMem: empty',
      'Swap cache: add 400000, delete 399990, find 9/15, race 0+0',
      'Free swap  = 0kB',
      'Total swap = 1048576kB',
      'Free swap:            0kB',
      '262144 pages of RAM',
      '0 pages of HIGHMEM',
      '4000 reserved pages',
      'Out of Memory: Kill process 1234 (eater) score 500000 and children.',
      'Out of memory: Killed process 1234 (eater).',
    ],
    event: {
      message: 'Out of memory',
      victims: [{ pid: 1234, command: 'eater' }],
      dump: {
        trigger: { command: '', gfpMask: '0x280d2', order: 0 },
        ramPages: 262144,
        reservedPages: 4000,
        swapTotalKib: 1048576,
        pageSizeKib: 4,
      },
      missing: ['processor', 'taskTable'],
    },
  },
  '2.6.24': {
    lines: [
      'eater invoked oom-killer: gfp_mask=0x201d2, order=0, oomkilladj=-17',
      'Pid: 77, comm: eater Not tainted 2.6.24-1-686 #1',
      'Out of memory: kill process 1230 (parent) score 60000 or a child',
      'Killed process 1234 (eater)',
    ],
    event: {
      victims: [{ pid: 1234 }],
      dump: { trigger: { oomAdj: -17, pid: 77 }, kernelRelease: '2.6.24-1-686' },
      missing: ['memory', 'taskTable'],
    },
  },
  '2.6.30': {
    lines: [
      'eater invoked oom-killer: gfp_mask=0xd0, order=1, oom_adj=3',
      'Pid: 5795, comm: eater Not tainted 2.6.31-rc1 #147',
      '[ pid ]   uid  tgid total_vm      rss cpu oom_adj name',
      `${ROW}   1       3 eater`,
      'Out of memory: kill process 1234 (eater) score 60000 or a child',
      'Killed process 1234 (eater) vsz:20000kB, anon-rss:15000kB, file-rss:1000kB',
    ],
    event: {
      victims: [{ pid: 1234, totalVmKib: 20000, anonRssKib: 15000, fileRssKib: 1000 }],
      dump: { trigger: { order: 1, oomAdj: 3 }, tasks: [{ oomAdj: 3, command: 'eater' }], pageSizeKib: 4 },
      missing: ['memory'],
    },
  },
  'el6, memory cgroup': {
    lines: [
      'eater invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0, oom_score_adj=0',
      'Task in /lxc/a killed as a result of limit of /lxc',
      'memory: usage 40960kB, limit 40960kB, failcnt 14',
      'memory+swap: usage 0kB, limit 9007199254740991kB, failcnt 0',
      'Memory cgroup out of memory: Kill process 1234 (eater) score 1000 or sacrifice child',
      'Killed process 1234, UID 500, (eater) total-vm:20000kB, anon-rss:15000kB, file-rss:1000kB',
    ],
    event: {
      message: 'Memory cgroup out of memory',
      victims: [{ pid: 1234, uid: 500 }],
      dump: { cgroup: { oom: '/lxc', task: '/lxc/a', usageKib: 40960, limitKib: 40960, swapIncludesMemory: true } },
    },
  },
  '3.16, memory cgroup': {
    lines: [
      'eater invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0',
      'Task in /docker/a',
      ' killed as a result of limit of /docker',
      '',
      'memory: usage 40960kB, limit 40960kB, failcnt 14',
      'Memory cgroup out of memory: Kill process 1234 (eater) score 1000 or sacrifice child',
      'Killed process 1234 (eater) total-vm:20000kB, anon-rss:15000kB, file-rss:1000kB',
    ],
    event: {
      victims: [{ pid: 1234 }],
      dump: { cgroup: { oom: '/docker', task: '/docker/a', usageKib: 40960, limitKib: 40960 } },
    },
  },
  'el7 since 7.8': {
    lines: [
      'eater invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0',
      'CPU: 1 PID: 77 Comm: eater Kdump: loaded Tainted: G           OE  ------------   3.10.0-1160.el7.x86_64 #1',
      '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name',
      `${ROW}      30        7             0 eater`,
      'Out of memory: Kill process 1234 (eater) score 482 or sacrifice child',
      'Killed process 1234 (eater), UID 1000, total-vm:20000kB, anon-rss:15000kB, file-rss:1000kB, shmem-rss:0kB',
    ],
    event: {
      victims: [{ pid: 1234, command: 'eater', uid: 1000, totalVmKib: 20000, shmemRssKib: 0 }],
      dump: { kernelRelease: '3.10.0-1160.el7.x86_64', tasks: [{ nrPtesPages: 30, swapPages: 7 }] },
    },
  },
  '4.14': {
    lines: [
      'eater invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=0-1,  order=0, oom_score_adj=5',
      'eater cpuset=c1 mems_allowed=0-1',
      'CPU: 1 PID: 77 Comm: eater Not tainted 4.14.0 #1',
      '[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name',
      `${ROW}      30       3        7             5 eater`,
      'Out of memory: Kill process 1234 (eater) score 482 or sacrifice child',
      'Killed process 1234 (eater) total-vm:320000kB, anon-rss:15000kB, file-rss:1000kB, shmem-rss:0kB',
      'oom_reaper: reaped process 99 (other), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
    ],
    event: {
      victims: [{ pid: 1234 }],
      dump: { nodemask: '0-1', memsAllowed: '0-1', tasks: [{ nrPmdsPages: 3 }], pageSizeKib: 64 },
    },
  },
  '5.3 without a memory controller': {
    lines: [
      'eater invoked oom-killer: gfp_mask=0x100dca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), order=-1, oom_score_adj=0',
      'Tasks state (memory values in pages):',
      '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
      `${ROW}    65536        7           200 tmux: server`,
      'oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),task=tmux: server,pid=1234,uid=1000',
      'Out of memory (oom_kill_allocating_task): Killed process 1234 (tmux: server) total-vm:20000kB, anon-rss:15000kB, file-rss:1000kB, shmem-rss:0kB',
    ],
    event: {
      victims: [{ pid: 1234, command: 'tmux: server', uid: undefined }],
      dump: { trigger: { order: -1 }, constraint: 'Cpuset', tasks: [{ pgtablesBytes: 65536, oomScoreAdj: 200 }] },
    },
  },
  '5.2-rc, which says NONE': {
    lines: [
      'memory: usage 132kB, limit 132kB, failcnt 9',
      'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=x,pid=7,uid=0',
      'Memory cgroup out of memory: Killed process 7 (x) total-vm:4kB, anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
    ],
    event: {
      dump: { constraint: 'None', cgroup: { oom: '/a', task: '/a/b' } },
      missing: ['header', 'processor', 'taskTable'],
    },
  },
  '6.18': {
    lines: [
      'eater invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      'CPU: 0 UID: 0 PID: 77 Comm: eater Tainted: G S                  6.18.0 #1 PREEMPT(full)',
      'Tainted: [S]=CPU_OUT_OF_SPEC',
      'memory: usage 32768kB, limit 32768kB, failcnt 59',
      'swap: usage 0kB, limit 9007199254740988kB, failcnt 0',
      'Memory cgroup min protection 0kB -- low protection 0kB',
      'Memory cgroup stats for /a:',
      'anon 4096',
      'Tasks state (memory values in pages):',
      '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name',
      `${ROW}     3000      900      100    65536        7             0 (sd-pam)`,
      'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=(sd-pam),pid=1234,uid=0',
      'Memory cgroup out of memory: Killed process 1234 ((sd-pam)) total-vm:20000kB, anon-rss:15000kB, file-rss:1000kB, shmem-rss:0kB, UID:0 pgtables:64kB oom_score_adj:0',
    ],
    event: {
      victims: [{ pid: 1234, command: '(sd-pam)', uid: 0, pgtablesKib: 64, oomScoreAdj: 0 }],
      kernelRelease: '6.18.0',
      dump: { constraint: 'Memcg', cgroup: { swapIncludesMemory: false }, tasks: [{ rssAnonPages: 3000 }] },
      missing: [],
    },
  },
}

function onlyEvent(lines: readonly string[]): OomLogEvent | undefined {
  const events = eventsOf(lines.join('\n'))
  expect(events).toHaveLength(1)
  return events[0]
}

const stamped = (line: string, at: number) => `[    1.${String(at).padStart(6, '0')}] ${line}`

/** At the last space before the width, as a mail program does. */
function wrap(line: string, width: number): string[] {
  const at = line.length <= width ? -1 : line.lastIndexOf(' ', width)
  return at <= 20 ? [line] : [line.slice(0, at), ...wrap(line.slice(at + 1), width)]
}

describe.each(Object.entries(ERAS))('an event of %s', (_era, { lines, event }) => {
  it('is read from the bare text', () => {
    expect(onlyEvent(lines)).toMatchObject(event as object)
  })

  it('is read from a mail that quotes and breaks its lines', () => {
    const mail = lines.map(stamped).flatMap((line) => wrap(line, 76))
    expect(onlyEvent(mail.map((line) => `> ${line}`))).toMatchObject(event as object)
  })

  it('is read from a terminal that breaks words', () => {
    const broken = ['x'.repeat(400), ...lines].map(stamped).flatMap((line) => line.match(/.{1,80}/g) ?? [])
    expect(onlyEvent(broken)).toMatchObject(event as object)
  })
})
