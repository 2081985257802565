import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** As `kubepods.slice` names them. */
const CONTAINER = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod7c3e0f5a_11d2_4b36_9a51_0d6a3b8f2e4c.slice/cri-containerd-${'5e'.repeat(32)}.scope`

/** Where `rank`, `simulate` and `node` find it below the machine's folder. */
export const EXAMPLE_PROC = 'proc'
export const EXAMPLE_CGROUPS = 'sys/fs/cgroup'

interface ExampleProcess {
  pid: number
  command: string
  oomScoreAdj: number
  /** As the kernel would show it (fs/proc/base.c, proc_oom_score). */
  oomScore: number
  rssKib: number
  cgroup: string
  /** Without memory of its own. */
  isKernelThread?: boolean
}

const PROCESSES: readonly ExampleProcess[] = [
  { pid: 1, command: 'systemd', oomScoreAdj: 0, oomScore: 0, rssKib: 12_288, cgroup: '/init.scope' },
  { pid: 2, command: 'kthreadd', oomScoreAdj: 0, oomScore: 0, rssKib: 0, cgroup: '/', isKernelThread: true },
  {
    pid: 812,
    command: 'kubelet',
    oomScoreAdj: -999,
    oomScore: 1,
    rssKib: 98_304,
    cgroup: '/system.slice/kubelet.service',
  },
  { pid: 2001, command: 'server (main)', oomScoreAdj: 984, oomScore: 1329, rssKib: 65_536, cgroup: CONTAINER },
  { pid: 2017, command: 'worker', oomScoreAdj: 984, oomScore: 1341, rssKib: 524_288, cgroup: CONTAINER },
]

const MEMINFO = `MemTotal:        4030312 kB
MemFree:          301184 kB
MemAvailable:     812904 kB
Buffers:           40960 kB
Cached:           640512 kB
SwapTotal:             0 kB
SwapFree:              0 kB
Shmem:              2048 kB
SReclaimable:      98304 kB
SUnreclaim:        65536 kB
CommitLimit:     2015156 kB
Committed_AS:    1894400 kB
`

const ZONEINFO = `Node 0, zone    DMA32
  pages free     61234
        boost    0
        min      16384
        low      20480
        high     24576
        spanned  1044480
        present  782288
        managed  765842
        protection: (0, 0, 965, 965)
`

const FILES: Readonly<Record<string, string>> = {
  [`${EXAMPLE_PROC}/meminfo`]: MEMINFO,
  [`${EXAMPLE_PROC}/zoneinfo`]: ZONEINFO,
  [`${EXAMPLE_PROC}/pressure/memory`]:
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
  [`${EXAMPLE_PROC}/sys/kernel/osrelease`]: '6.12.0\n',
  [`${EXAMPLE_PROC}/sys/kernel/panic`]: '10\n',
  [`${EXAMPLE_PROC}/sys/kernel/panic_on_oops`]: '1\n',
  [`${EXAMPLE_PROC}/sys/kernel/dmesg_restrict`]: '1\n',
  [`${EXAMPLE_PROC}/sys/vm/lowmem_reserve_ratio`]: '256\t256\t32\t0\t0\n',
  [`${EXAMPLE_PROC}/sys/vm/min_free_kbytes`]: '67584\n',
  [`${EXAMPLE_PROC}/sys/vm/oom_dump_tasks`]: '1\n',
  [`${EXAMPLE_PROC}/sys/vm/oom_kill_allocating_task`]: '0\n',
  [`${EXAMPLE_PROC}/sys/vm/overcommit_kbytes`]: '0\n',
  [`${EXAMPLE_PROC}/sys/vm/overcommit_memory`]: '1\n',
  [`${EXAMPLE_PROC}/sys/vm/overcommit_ratio`]: '50\n',
  [`${EXAMPLE_PROC}/sys/vm/panic_on_oom`]: '0\n',
  [`${EXAMPLE_PROC}/sys/vm/swappiness`]: '60\n',
  [`${EXAMPLE_PROC}/sys/vm/watermark_scale_factor`]: '10\n',
  [`${EXAMPLE_CGROUPS}/cgroup.controllers`]: 'cpuset cpu io memory pids\n',
  [`${EXAMPLE_CGROUPS}/cgroup.procs`]: '2\n',
  [`${EXAMPLE_CGROUPS}${CONTAINER}/memory.max`]: '805306368\n',
  [`${EXAMPLE_CGROUPS}${CONTAINER}/memory.current`]: '612368384\n',
  [`${EXAMPLE_CGROUPS}${CONTAINER}/memory.oom.group`]: '1\n',
  [`${EXAMPLE_CGROUPS}${CONTAINER}/cgroup.procs`]: '2001\n2017\n',
}

/** Writes what commands read of a small node with one pod: the same on whatever machine they are called. */
export function writeExampleMachine(folder: string): void {
  for (const [path, content] of [...Object.entries(FILES), ...PROCESSES.flatMap(processFiles)]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

function processFiles(process: ExampleProcess): [path: string, content: string][] {
  const { pid, command, oomScoreAdj, oomScore, rssKib, cgroup, isKernelThread = false } = process
  const parent = isKernelThread || pid === 1 ? 0 : 1
  const flags = isKernelThread ? 0x20_0000 : 0
  const memory = isKernelThread
    ? ''
    : `VmSize:\t${rssKib * 2} kB\nVmRSS:\t${rssKib} kB\nRssAnon:\t${rssKib} kB\nRssFile:\t0 kB\nRssShmem:\t0 kB\nVmPTE:\t64 kB\nVmSwap:\t0 kB\n`
  return [
    [
      'stat',
      `${pid} (${command}) S ${parent} 0 0 0 0 ${flags} ${'0 '.repeat(10)}1 0 ${pid} 0 ${rssKib / 4} ${'0 '.repeat(28)}\n`,
    ],
    [
      'status',
      `Name:\t${command}\nTgid:\t${pid}\nPid:\t${pid}\nPPid:\t${parent}\nUid:\t0\t0\t0\t0\n${memory}Threads:\t1\n`,
    ],
    ['oom_score', `${oomScore}\n`],
    ['oom_score_adj', `${oomScoreAdj}\n`],
    ['cgroup', `0::${cgroup}\n`],
    ['mountinfo', '22 1 0:21 / /proc rw,relatime - proc proc rw\n'],
  ].map(([file = '', content = '']) => [`${EXAMPLE_PROC}/${pid}/${file}`, content])
}
