import { hasAt, isDigit, skipDigits } from '#kernel/ascii.ts'
import type { LineShape } from './lineShape.ts'

/** The words that a line begins with, up to a colon: what follows that is no kill line that another line runs into. */
type Words = readonly (readonly [words: string, shape: LineShape])[]

const AT_START = compileWords([
  ['CPU: ', 'processor'],
  ['CR2: ', 'detail'],
  ['CS: ', 'detail'],
  ['Call Trace:', 'detail'],
  ['Code: ', 'detail'],
  ['FS: ', 'detail'],
  ['Hardware name: ', 'detail'],
  ['Memory cgroup out of memory: Killed process ', 'kill'],
  ['Modules linked in: ', 'detail'],
  ['Out of memory: Killed process ', 'kill'],
  ['PKRU: ', 'detail'],
  ['R08: ', 'detail'],
  ['R10: ', 'detail'],
  ['R13: ', 'detail'],
  ['RAX: ', 'detail'],
  ['RBP: ', 'detail'],
  ['RDX: ', 'detail'],
  ['RIP: ', 'detail'],
  ['RSP: ', 'detail'],
  ['Tasks state (memory values in pages):', 'title'],
  ['lowmem_reserve[]:', 'memory'],
  ['oom-kill:', 'announcement'],
])
/** These are whole lines. */
const AFTER_NUMBER = compileWords([
  [' pages HighMem/MovableOnly', 'memory'],
  [' pages RAM', 'memory'],
  [' pages cma reserved', 'memory'],
  [' pages hwpoisoned', 'memory'],
  [' pages in swap cache', 'memory'],
  [' pages reserved', 'memory'],
  [' total pagecache pages', 'memory'],
])
const AFTER_NODE = compileWords([
  [' DMA free:', 'memory'],
  [' DMA32 free:', 'memory'],
  [' Normal free:', 'memory'],
  [' active_anon:', 'memory'],
])
const NODE = Buffer.from('Node ')

/**
 * What a dump of a current kernel on x86 has most of, told by whole words without decoding the line. What is not found
 * here may still be one of them.
 */
export function shapeOfFrequent(bytes: Buffer, start: number, end: number): LineShape | undefined {
  if (isDigit(bytes[start])) return find(AFTER_NUMBER, bytes, skipDigits(bytes, start), end)?.shape
  if (hasAt(bytes, start, NODE)) return find(AFTER_NODE, bytes, skipDigits(bytes, start + NODE.length))?.shape
  const found = find(AT_START, bytes, start)
  if (found?.shape === 'kill' && !isPidAndCommand(bytes, start + found.words.length, end)) return undefined
  return found?.shape
}

/** As far as the command: `12 (`. */
function isPidAndCommand(bytes: Buffer, start: number, end: number): boolean {
  const at = skipDigits(bytes, start)
  return at > start && at + 1 < end && bytes[at] === 0x20 && bytes[at + 1] === 0x28
}

interface Entry {
  words: Buffer
  shape: LineShape
}

/** Filed by the second character: the first is the same for all that follow a number. */
function compileWords(list: Words): readonly (readonly Entry[])[] {
  const filed = Array.from<readonly Entry[]>({ length: 256 }).fill([])
  for (const [text, shape] of list) {
    const words = Buffer.from(text)
    const code = words[1] ?? 0
    filed[code] = [...(filed[code] ?? []), { words, shape }]
  }
  return filed
}

/** @param end where the words must end, if anywhere */
function find(filed: typeof AT_START, bytes: Buffer, at: number, end = 0): Entry | undefined {
  for (const entry of filed[bytes[at + 1] ?? 0] ?? []) {
    if (hasAt(bytes, at, entry.words) && (end === 0 || at + entry.words.length === end)) return entry
  }
  return undefined
}
