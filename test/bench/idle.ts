import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface IdleCost {
  rssMib: number
  /** Pages that no other process shares: what the process really adds. */
  privateMib: number
  /** Of one core. */
  cpuPercent: number
}

/** What a process costs that has nothing to do: memory at the end of the time, processor over it. */
export async function measureIdle(
  pids: Readonly<Record<string, number>>,
  minutes: number,
): Promise<Record<string, IdleCost>> {
  const before = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, readCpuTicks(pid)]))
  await sleep(minutes * 60_000)
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => {
      const ticks = readCpuTicks(pid) - (before[name] ?? 0)
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
      const cost = {
        rssMib: fieldKib(rollup, 'Rss') / 1024,
        privateMib: (fieldKib(rollup, 'Private_Clean') + fieldKib(rollup, 'Private_Dirty')) / 1024,
        cpuPercent: (ticks / TICKS_PER_SECOND / (minutes * 60)) * 100,
      }
      return [name, cost]
    }),
  )
}

/** The floor: the same Node, doing nothing. */
export function startBareNode(): { pid: number; stop: () => void } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 2 ** 30)'], { stdio: 'ignore', env: {} })
  return { pid: child.pid ?? -1, stop: () => child.kill() }
}

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

function readCpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function fieldKib(rollup: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1] ?? Number.NaN)
}
