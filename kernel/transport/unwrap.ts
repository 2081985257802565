import { parseCpuLine } from '#kernel/dump/header.ts'
import { isMemoryLine, STAT_LINE } from '#kernel/dump/memoryLines.ts'
import { isWholeOomKillLine, OOM_KILL_PREFIX } from '#kernel/dump/oomKillLine.ts'
import { classifyLine, type LineKind } from '#kernel/event/lineKind.ts'

/** What stands between a record and the line that goes on with it. */
export type Seam = '' | ' ' | '\n'

/** A mail program breaks a line at 72 columns, a terminal at its width; nothing whole is broken more often. */
export const MAX_BROKEN_LINES = 512
/** Two cgroup paths and what stands around them (PATH_MAX); no other line of the kernel's is as long. Characters. */
const MAX_LINE_LENGTH = 12_288

/** Lines that begin a record wherever they stand. `memory` does not: its lines are pieces of one record too. */
const BEGINS: ReadonlySet<LineKind> = new Set<LineKind>([
  'header',
  'kill',
  'choice',
  'announcement',
  'group',
  'noKillable',
  'panic',
  'skipped',
  'allocationFailure',
  'evidence',
])

/** `free:3076kB`, `shmem_thp: 0kB`, `isolated(anon):0kB`, `cache:0KB`, `hugepages_total=0`, `active_anon:2643608kB(2.5G)`. */
const PAIR = String.raw`[A-Za-z_]\w*(?:\(\w+\))?[:=](?: ?\d+(?:[kK]B?)?(?:\([\d.]+ ?[KMGTB]+\))?)?`
const PAIR_WORD = new RegExp(`^${PAIR},?$`)
/** Pairs, and at both ends the pieces of one that was broken. */
const PAIRS = new RegExp(
  String.raw`^(?:[\w()]{0,24}[:=]?\d*[kK]?B?,? +)?(?:${PAIR},?|all_unreclaimable\?|yes|no)(?: +(?:${PAIR},?|all_unreclaimable\?|yes|no))*(?: +[\w()]{1,24}[:=]?)?$`,
)

/**
 * Whether a line without a prefix of its own goes on with the record before it, which the log (a mail, a terminal, a
 * careful hand) broke in two; told by what the record still lacks. `\n` keeps apart what the kernel printed as one
 * record of several lines.
 * @param indented whether the line stood further in than its record
 * @returns what belongs between them, undefined where the line is a record of its own
 */
export function seamOf(record: string, line: string, indented: boolean): Seam | undefined {
  const last = record.slice(record.lastIndexOf('\n') + 1).trim()
  if (last.length > MAX_LINE_LENGTH) return undefined
  if (last === '') return ''
  // Before all else: what follows `X invoked` looks like the header of 2.6.16, which named no command.
  if (last.endsWith(' invoked')) return ' '
  if (BEGINS.has(classifyLine(line))) return undefined
  return seamOfTable(last, line) ?? seamOfDecision(last, line) ?? seamOfMemory(last, line, indented)
}

/** A row of the task table has numbers only until its command comes. */
function seamOfTable(last: string, line: string): Seam | undefined {
  if (last.charCodeAt(0) !== 0x5b || line.charCodeAt(0) === 0x5b) return undefined
  if (/^\[ *pid *\]/.test(last)) return last.endsWith(' name') ? undefined : seamOfColumns(last, line)
  if (/^\[ *\d+\](?: +-?\d+)+ +-$/.test(last) && /^\d/.test(line)) return ''
  return /^\[ *\d+\](?: +-?\d+)*$/.test(last) ? ' ' : undefined
}

const COLUMN =
  /^(?:uid|tgid|total_vm|rss|rss_anon|rss_file|rss_shmem|nr_ptes|nr_pmds|pgtables_bytes|swapents|cpu|oom_adj|oom_score_adj|name)$/

function seamOfColumns(last: string, line: string): Seam {
  const right = firstWord(line)
  return !COLUMN.test(right) && COLUMN.test(lastWord(last) + right) ? '' : ' '
}

/** Header, CPU line, the lines that say who is killed. */
function seamOfDecision(last: string, line: string): Seam | undefined {
  if (last.includes('oom-killer:')) return seamOfHeader(last, line)
  if (last.startsWith(OOM_KILL_PREFIX)) return seamOfAnnouncement(last, line)
  if (/^(?:CPU: \d|Pid: \d)/.test(last)) return seamOfProcessor(last, line)
  if (last.startsWith('Tasks in /')) return last.endsWith('memory.oom.group set') ? undefined : ' '
  if (last === 'Task in' || last.startsWith('Task in /')) return seamOfPaths(last, line)
  if (/\bKill(?:ed)?(?: process)?$/i.test(last)) return ' '
  return /\bKill(?:ed)? process \d/i.test(last) ? seamOfKill(last, line) : undefined
}

const HEADER_FIELD = /^(?:gfp_mask|nodemask|order|oomkilladj|oom_adj|oom_score_adj)=/

function seamOfHeader(last: string, line: string): Seam | undefined {
  if (last.lastIndexOf('(') > last.lastIndexOf(')')) return '' // within the names of gfp flags
  if (HEADER_FIELD.test(line)) return ' '
  const word = lastWord(last)
  if (line.startsWith(',') || (/^gfp_mask=0x?[\da-f]*$/.test(word) && /^[x\da-f]+[(,]/.test(line))) return ''
  if (!HEADER_FIELD.test(word) && HEADER_FIELD.test(word + line)) return ''
  if (/=-?\d+$/.test(last) && /^\d{1,3}$/.test(line)) return ''
  return /[,:=]$/.test(last) || !/order=-?\d/.test(last) ? (last.endsWith('=') ? '' : ' ') : undefined
}

/** The release stands before ` #`, and is all that is wanted of what may be broken here. */
function seamOfProcessor(last: string, line: string): Seam | undefined {
  if (last.includes(' #') && parseCpuLine(last)?.kernelRelease !== undefined) return undefined
  if (isMemoryLine(line) || /^(?:Hardware name|Call [Tt]race|Workqueue|Tainted: \[)/.test(line)) return undefined
  return /^\d+(?:\.[\w.+-]*)?$/.test(lastWord(last)) && !line.startsWith('#') ? '' : ' '
}

function seamOfAnnouncement(last: string, line: string): Seam | undefined {
  if (/,[pu]id=$/.test(last) && /^\d/.test(line)) return ''
  if (isWholeOomKillLine(last) || !/[,=/.]/.test(line)) return undefined
  return /,task=[^,]{1,14}$/.test(last) && !line.startsWith(',') ? ' ' : ''
}

/** `Task in A killed as a result of limit of B`. */
function seamOfPaths(last: string, line: string): Seam | undefined {
  const paths = /^Task in (\/\S*) killed as a result of limit of (\/\S*)$/.exec(last)
  if (paths !== null) return goesOnToAncestor(paths[2] ?? '', paths[1] ?? '', line) ? '' : undefined
  if (/ limit of \/\S*$/.test(last)) return undefined
  if (/^Task in \/\S*$/.test(last)) return line.startsWith('killed ') ? ' ' : ''
  return ' '
}

/** The limit is of the task's own cgroup, or of one above it: a path that is neither was broken. */
function goesOnToAncestor(limit: string, task: string, line: string): boolean {
  return !isAncestor(limit, task) && isAncestor(limit + line, task)
}

function isAncestor(path: string, of: string): boolean {
  return path === of || path === '/' || of.startsWith(`${path}/`)
}

const FIGURE = /^(?:total-vm|vsz|anon-rss|file-rss|shmem-rss|UID|pgtables|oom_score_adj):/
/** The last words of the first of two kill lines, before 5.1. */
const CHILD = /^(?:sacrifice|child|children\.?)$/
const WHOLE_FIGURE = /^(?:(?:total-vm|vsz|anon-rss|file-rss|shmem-rss|pgtables):\d+kB|(?:UID|oom_score_adj):-?\d+),?$/

function seamOfKill(last: string, line: string): Seam | undefined {
  if (/(?: process| score) \d+$/.test(last) && /^\d+(?:,| \(| or )/.test(line)) return ''
  if (/ (?:or|and)(?: sacrifice)?$/.test(last)) return ' '
  if (CHILD.test(lastWord(last) + firstWord(line)) && !CHILD.test(lastWord(last))) return ''
  if (/\bKill process \d/i.test(last)) return /(?:\bchild|children\.?)$/.test(last) ? undefined : ' '
  const word = lastWord(last)
  if (FIGURE.test(line)) return FIGURE.test(word) && !WHOLE_FIGURE.test(word) ? undefined : ' '
  if (!FIGURE.test(word) && FIGURE.test(word + firstWord(line))) return ''
  if (line.startsWith(', ') && FIGURE.test(word)) return ''
  if (!/\) total-vm:|\) vsz:|, total-vm:/.test(last)) {
    return /^[^)]*\)/.test(line) && !/\)\.?$/.test(last) ? ' ' : undefined
  }
  // A whole figure may be the last one; a broken one is not, nor is one with a comma.
  if (word.endsWith(',')) return ' '
  if (!WHOLE_FIGURE.test(word)) return ''
  return /^\d+(?: (?:UID|pgtables|oom_score_adj):|$)/.test(line) && !word.endsWith('kB') ? '' : undefined
}

/** Zones, nodes, buddy lists, counters, usage of a memory cgroup. */
function seamOfMemory(last: string, line: string, indented: boolean): Seam | undefined {
  if (STAT_LINE.test(line)) return STAT_LINE.test(last) || last.startsWith('Memory cgroup stats for') ? '\n' : undefined
  if (/^(?:memory|memory\+swap|swap|kmem): usage/.test(last))
    return / failcnt \d+$/.test(last) ? undefined : line.startsWith(',') ? '' : ' '
  if (/^Memory cgroup stats for .*\dKB$/.test(last) && PAIRS.test(line)) return glue(last, line)
  if (!isMemoryLine(last) || (isMemoryLine(line) && !/^[a-z_]+(?:\([a-z]+\))?:/.test(line))) return undefined
  if (isCounterLine(line) && !/\dkB/.test(last)) return indented || /^Mem-[Ii]nfo:/.test(last) ? '\n' : ' '
  if (/\*\d+kB|\)$/.test(last) && !/ = \d+kB$/.test(last)) return /^[\d*kB() =A-Z]+$/.test(line) ? ' ' : undefined
  if (last.startsWith('lowmem_reserve')) return /^\d+(?: \d+)*$/.test(line) ? ' ' : undefined
  if (/^(?:Free|Total) swap +=?$/.test(last)) return ' '
  if (last.startsWith('Swap cache')) return / find /.test(last) ? undefined : ' '
  return PAIRS.test(line) && /[:=]/.test(last) ? glue(last, line) : undefined
}

/** A line of the machine's counters in pages, as Mem-Info has them. */
function isCounterLine(line: string): boolean {
  return /^(?:[a-z_]+(?:\([a-z]+\))?:\d+(?: +|$))+$/i.test(line)
}

/** A space, unless the word was broken: then its halves make sense only together. */
function glue(last: string, line: string): Seam {
  const left = lastWord(last)
  const right = firstWord(line)
  if (PAIR_WORD.test(left) && PAIR_WORD.test(right)) return ' '
  return /^[A-Za-z_-]+(?:\(\w+\))?[:=]-?\d+(?:[kK]B)?,?$/.test(left + right) && !isWholePair(left) ? '' : ' '
}

function isWholePair(word: string): boolean {
  return /^[A-Za-z_-]+(?:\(\w+\))?:-?\d+(?:[kK]B),?$/.test(word)
}

function firstWord(text: string): string {
  return /^\S*/.exec(text)?.[0] ?? ''
}

function lastWord(text: string): string {
  return text.slice(text.lastIndexOf(' ') + 1)
}
