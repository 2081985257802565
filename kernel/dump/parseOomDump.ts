import { parseKillLine } from './killLine.ts'
import { parseCpuLine, parseCpusetLine, parseHeaderLine } from './header.ts'
import { parseMemcgLine } from './memcgLines.ts'
import { isMemoryLine, isStatLine, readMemoryNumbers, splitMemoryRecord, type MemoryNumbers } from './memoryLines.ts'
import type { OomDump, OomTask, OomTrigger } from './oomDump.ts'
import { parseOomKillLine } from './oomKillLine.ts'
import { inferPageSizeKib } from './pageSize.ts'
import { isSlabTableStart, slabLineKind } from './slabLines.ts'
import { isTableRow, parseTableHeader, parseTaskRows } from './taskTable.ts'

type MutableDump = { -readonly [Key in keyof OomDump]: OomDump[Key] }

/**
 * Reads what the kernel printed of one invocation of the killer, each text being one record's. Bound by the shape of
 * each line, never by kernel version: what is missing stays undefined, what is unknown is passed over, the first of
 * two says what counts. Never throws. A kill line among the lines tells the page size.
 */
export function parseOomDump(texts: readonly string[]): OomDump {
  const dump: MutableDump = { cgroup: {}, tasks: [], memoryLines: [] }
  const numbers: MemoryNumbers = {}
  const memoryLines: string[] = []
  const slabLines: string[] = []
  const rows: string[] = []
  let inSlabTable = false
  let columns: string[] | undefined
  let victim: { pid: number; totalVmKib?: number | undefined } | undefined
  for (const text of texts) {
    const slabLine: ReturnType<typeof slabLineKind> = inSlabTable ? slabLineKind(text) : undefined
    inSlabTable = slabLine !== undefined || isSlabTableStart(text)
    if (slabLine === 'row') slabLines.push(text.trim())
    if (inSlabTable || readHead(text, dump)) continue
    if (isTableRow(text)) {
      rows.push(text)
      continue
    }
    if (isMemoryLine(text) || isStatLine(text)) {
      for (const line of splitMemoryRecord(text)) {
        memoryLines.push(line)
        readMemoryNumbers(line, numbers)
      }
      continue
    }
    columns ??= parseTableHeader(text)
    if (readCgroup(text, dump)) memoryLines.push(text)
    readOomKill(text, dump)
    victim ??= parseKillLine(text)?.victim
  }
  const tasks: OomTask[] = rows.length === 0 ? [] : parseTaskRows(columns, rows)
  const pageSizeKib = inferPageSizeKib(tasks, memoryLines, victim)
  return { ...dump, ...numbers, tasks, memoryLines, slabLines, pageSizeKib }
}

/** Header, CPU line and cpuset line. The CPU line of something else that was printed in between names another command. */
function readHead(text: string, dump: MutableDump): boolean {
  const header = parseHeaderLine(text)
  if (header !== undefined) {
    dump.trigger ??= header.trigger
    dump.nodemask ??= header.nodemask
    return true
  }
  const cpu = parseCpuLine(text)
  if (cpu !== undefined) {
    const command = dump.trigger?.command
    if (command !== undefined && !cpu.commandAndRest.startsWith(command)) return true
    dump.kernelRelease ??= cpu.kernelRelease
    if (dump.trigger !== undefined) dump.trigger = withPid(dump.trigger, cpu.pid)
    return true
  }
  const cpuset = parseCpusetLine(text)
  if (cpuset === undefined) return false
  dump.memsAllowed ??= cpuset.memsAllowed
  return true
}

function withPid(trigger: OomTrigger, pid: number): OomTrigger {
  return trigger.pid === undefined ? { ...trigger, pid } : trigger
}

function readCgroup(text: string, dump: MutableDump): boolean {
  const known = parseMemcgLine(text)
  if (known === undefined) return /^(?:kmem: usage |Memory cgroup (?:stats for|min) )/.test(text)
  dump.cgroup = { ...known, ...definedOnly(dump.cgroup) }
  return true
}

function readOomKill(text: string, dump: MutableDump): void {
  const line = parseOomKillLine(text)
  if (line === undefined) return
  dump.constraint ??= line.constraint
  dump.constraintName ??= line.constraintName
  dump.nodemask ??= line.nodemask
  dump.memsAllowed ??= line.memsAllowed
  dump.announcedVictim ??= line.victim
  dump.cgroup = { ...dump.cgroup, ...definedOnly({ oom: line.oomCgroup, task: line.taskCgroup }) }
}

function definedOnly<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>
}
