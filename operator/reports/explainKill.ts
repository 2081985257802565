import { gunzipSync } from 'node:zlib'
import type { KillEvent } from '#contract/killEvent.ts'
import { parseKillLine } from '#kernel/dump/killLine.ts'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import { parseOomDump } from '#kernel/dump/parseOomDump.ts'
import { explainOom } from '#kernel/explain/explainOom.ts'
import type { MemorySection } from '#kernel/explain/memory.ts'
import { KIND_NAMES } from '#kernel/explain/memoryKinds.ts'
import { formatKib, formatShare } from '#kernel/explain/quantity.ts'
import { messageOf } from '#program/errors.ts'
import { MAX_MEMORY_CHARS, MAX_VERDICT_CHARS } from '../api/killRecord.ts'
import { OTHER_NAMESPACE, visiblePids, type IsVisible } from './candidateTable.ts'
import { compact } from './killRecord.ts'
import { lineVerdict } from './lineVerdict.ts'
import { shownText } from './shownText.ts'

/** What a report keeps of an explanation; where the memory went is told by a dump alone. */
export interface KillExplanation {
  verdict?: string
  memory?: string
}

/** As much as an agent packs; what unpacks to more was not packed by one. */
const MAX_DUMP_BYTES = 1024 * 1024
const MAX_KINDS = 3
/** Of private use: keeps commands apart that may not be shown, so that they are not taken for many processes of one. */
const MARK = '\uE000'

/**
 * The explanation's verdict of a kill, by the kernel's own lines in the event, and where the memory went in one line. A dump that cannot be read is said to be so: it never
 * keeps a kill from being counted.
 */
export function explainKill(event: KillEvent, isVisible: IsVisible): KillExplanation {
  if (event.rawDump === undefined) {
    const verdict = lineVerdict(event)
    return verdict === undefined ? {} : { verdict: shownText(verdict, MAX_VERDICT_CHARS) }
  }
  try {
    const { verdict, memory } = explainLines(event, unpack(event.rawDump), isVisible)
    const line = memoryLine(memory)
    return {
      verdict: shownText(withoutMarks(verdict.join(' ')), MAX_VERDICT_CHARS),
      ...(line !== undefined && { memory: shownText(line, MAX_MEMORY_CHARS) }),
    }
  } catch (error) {
    return {
      verdict: shownText(`(the kernel's lines in the event cannot be read: ${messageOf(error)})`, MAX_VERDICT_CHARS),
    }
  }
}

/** @throws Error for what is not gzip, or unpacks to more than a dump has. */
function unpack(rawDump: string): string[] {
  const bytes = gunzipSync(Buffer.from(rawDump, 'base64'), { maxOutputLength: MAX_DUMP_BYTES })
  return bytes.toString('utf8').split('\n')
}

/** Who died is what the event says: a command in the dump may look like a kill line. What a cut dump lacks, the event may have. */
function explainLines(event: KillEvent, rawLines: readonly string[], isVisible: IsVisible) {
  const parsed = parseOomDump(rawLines)
  const { cgroupPath: oom, usageKib, limitKib } = event.domain
  const dump: OomDump = {
    ...parsed,
    kernelRelease: parsed.kernelRelease ?? event.kernelRelease,
    constraint: parsed.constraint ?? event.constraint,
    cgroup: { ...compact({ oom, usageKib, limitKib }), ...parsed.cgroup },
  }
  const kill = rawLines.findLast((line) => parseKillLine(line)?.victim.pid === event.victim?.pid)
  return explainOom({
    outcome: event.outcome,
    dump: isVisible({}) ? dump : withoutStrangers(dump, visiblePids(event, isVisible)),
    victims: event.victim === undefined ? [] : [event.victim],
    message: kill === undefined ? undefined : parseKillLine(kill)?.message,
    rawLines,
    monotonicUsec: event.monotonicUsec,
    slabLines: dump.slabLines,
  })
}

/** The dump with the names of those only whom a report's readers may see; all figures stay. */
function withoutStrangers(dump: OomDump, visible: ReadonlySet<number>): OomDump {
  const marks = new Map<string, number>()
  const nameOf = (pid: number | undefined, command: string): string => {
    if (pid !== undefined && visible.has(pid)) return command
    if (!marks.has(command)) marks.set(command, marks.size)
    return `${OTHER_NAMESPACE}${MARK}${marks.get(command)}`
  }
  const { trigger } = dump
  return {
    ...dump,
    trigger: trigger && { ...trigger, command: nameOf(trigger.pid, trigger.command) },
    tasks: dump.tasks.map((task) => ({ ...task, command: nameOf(task.pid, task.command) })),
  }
}

function withoutMarks(text: string): string {
  return text.replaceAll(/\uE000\d+(?: \(pid \d+\))?/g, '')
}

/** `of 64 MiB: anonymous memory 99 %, unreclaimable slab 0.2 %`. */
function memoryLine({ kinds, wholeKib }: MemorySection): string | undefined {
  const largest = kinds.filter(({ kib }) => kib > 0).toSorted((a, b) => b.kib - a.kib)
  if (wholeKib === undefined || largest.length === 0) return undefined
  const parts = largest.slice(0, MAX_KINDS).map(({ kind, kib }) => `${KIND_NAMES[kind]} ${formatShare(kib, wholeKib)}`)
  return `of ${formatKib(wholeKib)}: ${parts.join(', ')}`
}
