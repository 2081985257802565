import type { ProcFiles } from '../proc/processFiles.ts'

export interface FakeProcess {
  pid: number
  oomScore: number
  command?: string
  oomScoreAdj?: number
  rssKib?: number | null
  startTicks?: number
  cgroup?: string
  isKernelThread?: boolean
  /** Only its score can still be read. */
  gone?: boolean
  parentPid?: number
  /** Its threads but the first, which /proc does not list. */
  threads?: readonly number[]
  /** The first of its threads has ended. */
  isZombie?: boolean
}

/** A proc file system of 1 GiB and no swap. */
export function fakeProc(processes: readonly FakeProcess[]): ProcFiles {
  const byPid = new Map(
    processes.flatMap((process) => [process.pid, ...(process.threads ?? [])].map((pid) => [String(pid), process])),
  )
  function readText(path: string): string | undefined {
    if (path === 'meminfo') return 'MemTotal:  1048576 kB\nSwapTotal:  0 kB\n'
    if (path === 'sys/kernel/osrelease') return '6.18.44\n'
    const [pid = '', file = ''] = path.split('/')
    const found = byPid.get(pid)
    if (found === undefined || (found.gone && file !== 'oom_score')) return undefined
    return textOf(found, file)
  }
  return {
    listPids: () => processes.map(({ pid }) => pid),
    listThreads: (pid) => [pid, ...(byPid.get(String(pid))?.threads ?? [])],
    readText,
    readRecord(path) {
      const text = readText(path)
      return text === undefined ? undefined : Buffer.from(text)
    },
  }
}

function textOf(process: FakeProcess, file: string): string | undefined {
  const { pid, oomScore, command = 'app', oomScoreAdj = 0, rssKib = 1024, startTicks = pid, cgroup = '/' } = process
  const { parentPid = 0, isZombie = false, isKernelThread = false, threads = [] } = process
  const memory = rssKib === null ? '' : `VmSize:\t9 kB\nVmRSS:\t${rssKib} kB\nVmPTE:\t0 kB\nVmSwap:\t0 kB\n`
  switch (file) {
    case 'oom_score':
      return `${oomScore}\n`
    case 'oom_score_adj':
      return `${oomScoreAdj}\n`
    case 'stat':
      return `${pid} (${command}) ${isZombie ? 'Z' : 'S'} ${parentPid} 0 0 0 0 ${isKernelThread ? 0x20_0000 : 0} ${'0 '.repeat(10)}${threads.length + 1} 0 ${startTicks} 0 ${(rssKib ?? 0) / 4}\n`
    case 'status':
      return `Name:\t${command}\nTgid:\t${pid}\nUid:\t0\t0\n${memory}`
    case 'cgroup':
      return `0::${cgroup}\n`
    default:
      return undefined
  }
}
