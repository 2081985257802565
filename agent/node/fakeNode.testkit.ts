import type { Access, NodeFiles } from './nodeFiles.ts'

/** `path` → text; undefined is not there, 'forbidden' may not be opened. */
export type FakeFiles = Readonly<Record<string, string | undefined>>

export const FORBIDDEN = '\0forbidden'

const VM = 'proc/sys/vm'

/** A node as the kubelet wants it: 16 GiB, no swap, cgroup v2, a kernel of today. */
export const SOUND: FakeFiles = {
  'proc/meminfo': meminfo({}),
  'proc/zoneinfo': zoneinfo({}),
  'proc/pressure/memory': pressure(0.5, 0.1),
  'proc/self/oom_score_adj': '0\n',
  'proc/self/smaps': 'KernelPageSize:        4 kB\n',
  'proc/sys/kernel/osrelease': '6.12.9-generic\n',
  'proc/sys/kernel/panic': '10\n',
  'proc/sys/kernel/panic_on_oops': '1\n',
  'proc/sys/kernel/dmesg_restrict': '1\n',
  [`${VM}/overcommit_memory`]: '1\n',
  [`${VM}/overcommit_ratio`]: '50\n',
  [`${VM}/overcommit_kbytes`]: '0\n',
  [`${VM}/panic_on_oom`]: '0\n',
  [`${VM}/oom_kill_allocating_task`]: '0\n',
  [`${VM}/oom_dump_tasks`]: '1\n',
  [`${VM}/min_free_kbytes`]: '32768\n',
  [`${VM}/watermark_scale_factor`]: '10\n',
  [`${VM}/lowmem_reserve_ratio`]: '256\t256\t32\t0\t0\n',
  [`${VM}/swappiness`]: '60\n',
  'sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids\n',
  'dev/kmsg': '',
  'run/systemd/system': '',
}

/** A sound node but for what is given. */
export function nodeFiles(given: FakeFiles = {}): NodeFiles {
  return filesOf({ ...SOUND, ...given })
}

export function filesOf(files: FakeFiles): NodeFiles {
  return {
    readText: (path) => (files[path] === FORBIDDEN ? undefined : files[path]),
    access(path): Access {
      const text = files[path]
      return text === undefined ? 'missing' : text === FORBIDDEN ? 'forbidden' : 'there'
    },
  }
}

export function meminfo(given: Readonly<Record<string, number>>): string {
  const figures = {
    MemTotal: 16_777_216,
    MemAvailable: 9_000_000,
    SwapTotal: 0,
    SwapFree: 0,
    CommitLimit: 8_388_608,
    Committed_AS: 5_000_000,
    ...given,
  }
  return Object.entries(figures)
    .map(([name, kib]) => `${name}: ${kib} kB\n`)
    .join('')
}

/** Of one node with DMA32 below Normal; pages of 4 KiB. */
export function zoneinfo(given: { minPages?: number; highPages?: number; protectionPages?: number }): string {
  const { minPages = 6000, highPages = 12_000, protectionPages = 8000 } = given
  const zone = (name: string, managed: number, protection: number) =>
    `Node 0, zone ${name.padStart(8)}
  pages free     5000
        min      ${minPages}
        low      ${(minPages + highPages) / 2}
        high     ${highPages}
        managed  ${managed}
        protection: (0, 0, ${protection})
`
  return zone('DMA32', 750_000, protectionPages) + zone('Normal', 3_440_000, 0)
}

export function pressure(some: number, full: number): string {
  const line = (kind: string, avg10: number) => `${kind} avg10=${avg10.toFixed(2)} avg60=0.00 avg300=0.00 total=7\n`
  return line('some', some) + line('full', full)
}
