import { hasAt, isDigit, skipDigits } from '#kernel/ascii.ts'
import type { LineShape } from './lineShape.ts'

/**
 * What a line begins with, up to a colon or the line's end: then it is no kill line that another line runs into. `#` is a
 * number, `$` the end.
 */
type Words = readonly (readonly [words: string, shape: LineShape])[]

const AT_START = compileWords([
  ['CPU: ', 'processor'],
  ['CR2: ', 'detail'],
  ['CS: ', 'detail'],
  ['Call Trace:', 'detail'],
  ['Code: ', 'detail'],
  ['FS: ', 'detail'],
  ['Free swap  = #kB$', 'memory'],
  ['Hardware name: ', 'detail'],
  ['Mem-Info:$', 'memory'],
  ['Memory cgroup out of memory: Killed process # (', 'kill'],
  ['Modules linked in: ', 'detail'],
  ['Out of memory: Killed process # (', 'kill'],
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
  ['Total swap = #kB$', 'memory'],
  ['active_anon:', 'memory'],
  ['kmem: usage #', 'memcg'],
  ['lowmem_reserve[]:', 'memory'],
  ['memory+swap: usage #', 'memcg'],
  ['memory: usage #', 'memcg'],
  ['oom-kill:', 'announcement'],
  ['swap: usage #', 'memcg'],
])
const AFTER_NUMBER = compileWords([
  [' pages HighMem/MovableOnly$', 'memory'],
  [' pages RAM$', 'memory'],
  [' pages cma reserved$', 'memory'],
  [' pages hwpoisoned$', 'memory'],
  [' pages in swap cache$', 'memory'],
  [' pages reserved$', 'memory'],
  [' total pagecache pages$', 'memory'],
])
const AFTER_NODE = compileWords([
  [' DMA free:', 'memory'],
  [' DMA: #*', 'memory'],
  [' DMA32 free:', 'memory'],
  [' DMA32: #*', 'memory'],
  [' Normal free:', 'memory'],
  [' Normal: #*', 'memory'],
  [' active_anon:', 'memory'],
])
const NODE = Buffer.from('Node ')

/**
 * What a dump of a current kernel on x86 has most of, told by whole words without decoding the line. What is not found
 * here may still be one of them.
 */
export function shapeOfFrequent(bytes: Buffer, start: number, end: number): LineShape | undefined {
  if (isDigit(bytes[start])) return find(AFTER_NUMBER, bytes, skipDigits(bytes, start), end)
  if (hasAt(bytes, start, NODE)) return find(AFTER_NODE, bytes, skipDigits(bytes, start + NODE.length), end)
  return find(AT_START, bytes, start, end)
}

interface Entry {
  words: Buffer
  /** After a number. */
  rest: Buffer | undefined
  isWhole: boolean
  shape: LineShape
}

/** Filed by the second character: the first is the same for all that follow a number. */
function compileWords(list: Words): readonly (readonly Entry[])[] {
  const filed = Array.from<readonly Entry[]>({ length: 256 }).fill([])
  for (const [text, shape] of list) {
    const isWhole = text.endsWith('$')
    const [words = '', rest] = (isWhole ? text.slice(0, -1) : text).split('#')
    const entry = {
      words: Buffer.from(words),
      rest: rest === undefined ? undefined : Buffer.from(rest),
      isWhole,
      shape,
    }
    const code = words.charCodeAt(1)
    filed[code] = [...(filed[code] ?? []), entry]
  }
  return filed
}

function find(filed: typeof AT_START, bytes: Buffer, start: number, end: number): LineShape | undefined {
  for (const { words, rest, isWhole, shape } of filed[bytes[start + 1] ?? 0] ?? []) {
    if (!hasAt(bytes, start, words)) continue
    let at = start + words.length
    if (rest !== undefined) {
      const digits = at
      at = skipDigits(bytes, at)
      if (at === digits || !hasAt(bytes, at, rest)) continue
      at += rest.length
    }
    // What was read may lie behind the line's end, where another begins.
    if (isWhole ? at === end : at <= end) return shape
  }
  return undefined
}
