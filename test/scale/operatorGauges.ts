import { readFileSync } from 'node:fs'
import type { OperatorProcess } from '../support/stack.ts'

/** A metric of the operator's, its labels summed. */
export async function readGauge({ baseUrl }: OperatorProcess, name: string): Promise<number> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text()
  const samples = [...text.matchAll(new RegExp(`^oomkeeper_operator_${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))]
  return samples.reduce((sum, [, value]) => sum + Number(value), 0)
}

export interface ProcessMemory {
  rssMb: number
  /** The most that it ever was. */
  peakRssMb: number
}

/** /proc/PID/status (proc(5)); in decimal megabytes. */
export function readMemory({ program }: OperatorProcess): ProcessMemory {
  const status = readFileSync(`/proc/${program.pid}/status`, 'utf8')
  const field = (name: string): number => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
    if (kib === undefined) throw new Error(`expected ${name} in the status of process ${program.pid}, got none`)
    return (Number(kib) * 1024) / 1e6
  }
  return { rssMb: field('VmRSS'), peakRssMb: field('VmHWM') }
}

/** Processor time of a process so far, in seconds (proc(5), stat: utime and stime at 100 Hz). */
export function readCpuSeconds(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
