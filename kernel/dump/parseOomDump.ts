import { parseKillLine } from './killLine.ts'
import { parseCpuLine, parseCpusetLine, parseHeaderLine, parseKernelRelease } from './header.ts'
import { readMemcgLine } from './memcgLines.ts'
import { encodeLine, shapeOf, type LineShape } from './lineShape.ts'
import { readMemoryNumbers, splitMemoryRecord } from './memoryLines.ts'
import type { OomCgroup, OomDump } from './oomDump.ts'
import { parseOomKillLine, type OomKillLine } from './oomKillLine.ts'
import { inferPageSizeKib } from './pageSize.ts'
import { slabLineKind } from './slabLines.ts'
import { TaskTable } from './taskTable.ts'

type MutableDump = { -readonly [Key in keyof OomDump]: OomDump[Key] } & { cgroup: OomCgroup }

/** Reads what the kernel printed of one invocation of the killer, each text being one record's. */
export function parseOomDump(texts: readonly string[]): OomDump {
  const lines = texts.map(encodeLine)
  const shapes = lines.map(shapeOf)
  const table = new TaskTable()
  for (const [at, line] of lines.entries()) {
    if (shapes[at] === 'row') table.addRow(line)
    else if (shapes[at] === 'tableHeader') table.addHeader(line.text)
  }
  const killed = texts.find((_, at) => shapes[at] === 'kill')
  return readOomDump({ texts, shapes, table }, killed === undefined ? undefined : parseKillLine(killed)?.victim)
}

/** What was printed, each line's shape being told already, and its task table read. */
interface ShapedLines {
  readonly texts: readonly string[]
  readonly shapes: readonly LineShape[]
  readonly table: TaskTable
}

/**
 * The same where the shapes are known. Bound by the shape of each line, never by kernel version: what is missing stays
 * undefined, what is unknown is passed over, the first of two says what counts. Never throws.
 * @param victim whose size tells the page size
 * @param announcement the `oom-kill:` line that was read already, and where it stands
 */
export function readOomDump(
  { texts, shapes, table }: ShapedLines,
  victim: { pid: number; totalVmKib?: number | undefined } | undefined,
  announcement?: { at: number; line: OomKillLine | undefined },
): OomDump {
  const dump = emptyDump()
  const memoryLines: string[] = []
  const slabLines: string[] = []
  let inSlabTable = false
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at] ?? ''
    const shape = shapes[at]
    if (inSlabTable) {
      const slabLine = slabLineKind(text)
      if (slabLine === 'row') slabLines.push(text.trim())
      inSlabTable = slabLine !== undefined
      if (inSlabTable) continue
    }
    // First what is frequent.
    if (shape === 'detail') continue
    if (shape === 'stat') {
      memoryLines.push(text)
      continue
    }
    switch (shape) {
      case 'header':
        readHeader(text, dump)
        break
      case 'processor':
        readProcessor(text, dump)
        break
      case 'cpuset':
        dump.memsAllowed ??= parseCpusetLine(text)?.memsAllowed
        break
      case 'memory':
        readMemory(text, dump, memoryLines)
        break
      case 'statFile':
        memoryLines.push(...splitMemoryRecord(text))
        break
      case 'memcg':
        readMemcgLine(text, dump.cgroup)
        // Bare text: the figures below it have no prefix of their own.
        memoryLines.push(...splitMemoryRecord(text))
        break
      case 'announcement':
        readOomKill(announcement?.at === at ? announcement.line : parseOomKillLine(text), dump)
        break
      case 'slabStart':
        inSlabTable = true
        break
      default:
    }
  }
  dump.tasks = table.tasks()
  dump.memoryLines = memoryLines
  dump.slabLines = slabLines
  dump.pageSizeKib = inferPageSizeKib(dump.tasks, memoryLines, victim)
  return dump
}

/** With all its fields, so that dumps are alike to the engine. */
function emptyDump(): MutableDump {
  return {
    kernelRelease: undefined,
    trigger: undefined,
    constraint: undefined,
    constraintName: undefined,
    nodemask: undefined,
    memsAllowed: undefined,
    cgroup: {},
    tasks: [],
    memoryLines: [],
    slabLines: [],
    pageSizeKib: undefined,
    ramPages: undefined,
    reservedPages: undefined,
    swapTotalKib: undefined,
    swapFreeKib: undefined,
    announcedVictim: undefined,
  }
}

function readHeader(text: string, dump: MutableDump): void {
  const header = parseHeaderLine(text)
  dump.trigger ??= header?.trigger
  dump.nodemask ??= header?.nodemask
}

/** The line of something else that was printed in between names another command. */
function readProcessor(text: string, dump: MutableDump): void {
  const cpu = parseCpuLine(text)
  const { trigger } = dump
  if (cpu === undefined) dump.kernelRelease ??= parseKernelRelease(text)
  if (cpu === undefined || (trigger !== undefined && !cpu.commandAndRest.startsWith(trigger.command))) return
  dump.kernelRelease ??= cpu.kernelRelease
  if (trigger !== undefined && trigger.pid === undefined) dump.trigger = { ...trigger, pid: cpu.pid }
}

function readMemory(text: string, dump: MutableDump, memoryLines: string[]): void {
  if (!text.includes('\n')) return readMemoryLine(text.trim(), dump, memoryLines)
  for (const line of splitMemoryRecord(text)) readMemoryLine(line, dump, memoryLines)
}

function readMemoryLine(line: string, dump: MutableDump, memoryLines: string[]): void {
  memoryLines.push(line)
  readMemoryNumbers(line, dump)
}

function readOomKill(line: OomKillLine | undefined, dump: MutableDump): void {
  if (line === undefined) return
  dump.constraint ??= line.constraint
  dump.constraintName ??= line.constraintName
  dump.nodemask ??= line.nodemask
  dump.memsAllowed ??= line.memsAllowed
  dump.announcedVictim ??= line.victim
  if (line.oomCgroup !== undefined) dump.cgroup.oom = line.oomCgroup
  if (line.taskCgroup !== undefined) dump.cgroup.task = line.taskCgroup
}
