import { readFileSync } from 'node:fs'

/** A pid alone names whoever has it now; with its start time it names one process for the life of the boot. */
export interface ProcessIdentity {
  pid: number
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  startTicks: number
}

export interface ProcessStat extends ProcessIdentity {
  /** Field 3: R, S, D, Z … */
  state: string
  /** Field 20: threads that have not ended. */
  threads: number
}

/** Counts fields from the last `)`, since a command may itself hold blanks and brackets. */
export function parseProcessStat(stat: string): ProcessStat | undefined {
  const pid = Number.parseInt(stat, 10)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  const threads = Number(fields[17])
  const startTicks = Number(fields[19] ?? Number.NaN)
  if (state === undefined || ![pid, threads, startTicks].every(Number.isSafeInteger)) return undefined
  return { pid, state, threads, startTicks }
}

export function readProcessStat(pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined // Gone, which is an answer.
  }
}

export function identifyProcess(pid: number): ProcessIdentity {
  const stat = readProcessStat(pid)
  if (stat === undefined) throw new Error(`expected process ${pid} to be there, but /proc has no such process`)
  return { pid, startTicks: stat.startTicks }
}

/** A zombie holds nothing but its pid. Only one whose other threads have ended, though: they still hold its ports and files. */
export function hasEnded({ state, threads }: ProcessStat): boolean {
  return (state === 'Z' || state === 'X') && threads <= 1
}

export function isAlive(identity: ProcessIdentity): boolean {
  const stat = readProcessStat(identity.pid)
  return stat !== undefined && stat.startTicks === identity.startTicks && !hasEnded(stat)
}

/** Signals that process and no other; false when it is gone already. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false
  try {
    process.kill(identity.pid, signal)
    return true
  } catch {
    return false
  }
}

export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}
