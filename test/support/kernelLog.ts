import { closeSync, constants, openSync, readSync } from 'node:fs'

/** A kill as the kernel printed it, read without any of oomkeeper's own parsers: what tests and demo hold it against. */
export interface KernelKill {
  sequence: number
  pid: number
  command: string
  /** The kill line's time stamp on the printk clock, microseconds. */
  monotonicUsec: number
  /** From the header to the kill line. */
  lines: readonly string[]
  /** The `task_memcg` of the line before it, unless the dump was suppressed. */
  cgroup: string | undefined
}

const KILL_LINE = /^(?:Memory cgroup out of memory|Out of memory): Killed process (\d+) \((.*)\) total-vm:/

/** The sequence that the kernel's next record will have. */
export function nextSequence(): number {
  let next = 0
  for (const { sequence } of readRecords()) next = sequence + 1
  return next
}

/** The sequence of the oldest record that is not overwritten. */
export function oldestSequence(): number {
  for (const { sequence } of readRecords()) return sequence
  return 0
}

/** Kills among the kernel's own records from a sequence on. */
export function readKills(fromSequence: number): KernelKill[] {
  return killsAmong(readRecords(), fromSequence)
}

/** Kills in a copy of /dev/kmsg, such as another machine's. */
export function parseKills(kmsg: string): KernelKill[] {
  const records = kmsg.split('\n').filter((line) => /^\d+,\d+,\d+,/.test(line))
  return killsAmong(records.map(parseRecord), 0)
}

function killsAmong(records: Iterable<RawRecord>, fromSequence: number): KernelKill[] {
  const kills: KernelKill[] = []
  let lines: string[] = []
  let cgroup: string | undefined
  for (const { facility, sequence, monotonicUsec, text } of records) {
    if (facility !== 0 || sequence < fromSequence) continue
    if (text.includes(' invoked oom-killer: ')) {
      lines = []
      cgroup = undefined
    }
    lines.push(text)
    cgroup = /^oom-kill:.*,task_memcg=(.*),task=/.exec(text)?.[1] ?? cgroup
    const [, pid, command] = KILL_LINE.exec(text) ?? []
    if (pid === undefined || command === undefined) continue
    kills.push({ sequence, pid: Number(pid), command, monotonicUsec, lines, cgroup })
    lines = []
    cgroup = undefined
  }
  return kills
}

export interface RawRecord {
  facility: number
  sequence: number
  monotonicUsec: number
  text: string
}

/** The pid that a kill line names; undefined for any other text. */
export function parseKilledPid(text: string): number | undefined {
  const pid = KILL_LINE.exec(text)?.[1]
  return pid === undefined ? undefined : Number(pid)
}

function* readRecords(): Generator<RawRecord> {
  const log = new KernelLogReader()
  try {
    yield* log.read()
  } finally {
    log.close()
  }
}

/** A reader of /dev/kmsg, from its oldest record on. */
export class KernelLogReader {
  readonly #descriptor = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK)
  readonly #buffer = Buffer.alloc(8192)

  close(): void {
    closeSync(this.#descriptor)
  }

  /** What has come since it was read last. */
  *read(): Generator<RawRecord> {
    for (;;) {
      const bytes = readOrNothing(this.#descriptor, this.#buffer)
      if (bytes === 0) return
      yield parseRecord(this.#buffer.toString('utf8', 0, bytes).split('\n')[0] ?? '')
    }
  }
}

/** `PRIORITY,SEQUENCE,USEC,FLAGS;TEXT` */
function parseRecord(line: string): RawRecord {
  const [head = '', ...text] = line.split(';')
  const [priority, sequence, usec] = head.split(',').map(Number)
  return { facility: (priority ?? 0) >> 3, sequence: sequence ?? 0, monotonicUsec: usec ?? 0, text: text.join(';') }
}

/** 0 when there is nothing more to read now; EPIPE means that the ring overtook this reader, which then goes on. */
function readOrNothing(descriptor: number, buffer: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, buffer)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') return 0
      if (code !== 'EPIPE') throw error
    }
  }
}
