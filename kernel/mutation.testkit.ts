import { pick, type Random } from './random.testkit.ts'

/** One way to spoil a log, at one of its lines; changes the lines in place. */
type Mutation = (lines: string[], at: number, random: Random) => void

/** What processes and cgroups may call themselves to be taken for the kernel's words, or to act on a terminal. */
const HOSTILE_NAMES = [
  'a,pid=1,uid=0',
  'x) total-vm:9kB',
  '(sd-pam)',
  'tmux: server',
  ',task=y,pid=2',
  '1 invoked oom-k',
  '\\x0aKilled proc',
  'e\nKilled 1 (x)',
  '\u001b[2J\u001b[31m',
  '\u202egnp.exe',
  '日本語データ',
  '😀😀😀',
  'Out of memory:',
  ' ',
] as const

const NUMBERS = ['0', '-1', '7', '4096', '9007199254740988', '9'.repeat(16), '9'.repeat(30), '9'.repeat(400)] as const

const JUNK = [
  '\\x0a',
  '\\xff',
  ',pid=1,uid=0',
  'order=60',
  'order=-7',
  '\n',
  '\r',
  '\0',
  '\u001b[31m',
  '\u001b]0;t\u0007',
  '\u00a0',
  '\ufffd',
  '\u0301',
  '#012',
  '\\ud83d',
  '(',
  ')',
  '[',
  ']',
  '[  12]',
  '{',
  '"',
  '>',
  ';',
  ',',
  '=',
  ':0',
  ' kB',
  'kB',
  '-',
  ' ',
  '',
] as const

const PREFIXES = [
  '',
  '    ',
  '> ',
  '[    1.000000] ',
  '[    1.000000][   T12] ',
  '<4>[    1.000000] ',
  '[jeu. nov. 23 10:11:12 2023] ',
  'Jun  4 17:19:10 h kernel: ',
  'Jun  4 17:19:10 h npd[6]: ',
  '2025-12-17T10:32:14.000000001Z stdout P ',
  '<4>1 2025-12-17T11:32:14Z h kernel - - - ',
  '4,1,2,-;',
  '4,1,2,c,caller=T7;',
  '{"MESSAGE":"',
  '{"_TRANSPORT":"kernel","MESSAGE":"\\ud83d',
] as const

/** Where the kernel's words begin behind what a transport put before them. */
const BODY = /^(?:\d+,\d+,\d+,[^;]*;|(?:.{0,60}?kernel: )?(?:\[[^\]]{5,30}\] ?)*)/

const DROP: Mutation = (lines, at, random) => lines.splice(at, 1 + random(8))
const REPEAT: Mutation = (lines, at, random) => lines.splice(random(lines.length + 1), 0, lines[at] ?? '')
const SWAP: Mutation = (lines, at, random) => {
  const other = random(lines.length)
  ;[lines[at], lines[other]] = [lines[other] ?? '', lines[at] ?? '']
}
const CUT: Mutation = edit((line, cut) => line.slice(0, cut))
const BEHEAD: Mutation = edit((line, cut) => line.slice(cut))
const BREAK: Mutation = (lines, at, random) => {
  const line = lines[at] ?? ''
  const cut = random(line.length + 1)
  lines.splice(at, 1, line.slice(0, cut), pick(['', '', '   '], random) + line.slice(cut))
}
const JOIN: Mutation = (lines, at) => lines.splice(at, 2, lines.slice(at, at + 2).join(' '))
/** Two lines that were written at once. */
const CROSS: Mutation = (lines, at, random) => {
  const line = lines[at] ?? ''
  const cut = random(line.length + 1)
  lines[at] = line.slice(0, cut) + (lines[random(lines.length)] ?? '').slice(cut)
}
const INSERT_JUNK: Mutation = edit(
  (line, cut, random) => line.slice(0, cut) + pick(JUNK, random) + line.slice(cut + random(6)),
)
const OTHER_PREFIX: Mutation = edit((line, _cut, random) => pick(PREFIXES, random) + line.replace(BODY, ''))
const OTHER_DIGIT: Mutation = edit((line, cut, random) => replaceFrom(line, cut, /\d/g, String(random(10))))
const OTHER_NUMBER: Mutation = edit((line, cut, random) => replaceFrom(line, cut, /-?\d+/g, pick(NUMBERS, random)))
const OTHER_COMMAND: Mutation = edit((line, cut, random) =>
  replaceFrom(
    line,
    cut,
    /(?<=\()[^()]{1,15}(?=\))|(?<=[,;]task=)[^,]{1,15}|(?<=; ?)\S{1,15}(?= invoked )/g,
    name(random),
  ),
)
const CARRIAGE_RETURN: Mutation = edit((line) => `${line}\r`)

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  DROP,
  REPEAT,
  SWAP,
  CUT,
  BEHEAD,
  BREAK,
  JOIN,
  CROSS,
  INSERT_JUNK,
  OTHER_PREFIX,
  OTHER_DIGIT,
  OTHER_NUMBER,
  OTHER_COMMAND,
  CARRIAGE_RETURN,
]

function edit(change: (line: string, cut: number, random: Random) => string): Mutation {
  return (lines, at, random) => {
    const line = lines[at] ?? ''
    lines[at] = change(line, random(line.length + 1), random)
  }
}

/** The first of what is looked for behind `from`, else the first of all. */
function replaceFrom(line: string, from: number, pattern: RegExp, by: string): string {
  pattern.lastIndex = from
  const found = pattern.exec(line) ?? pattern.exec(line)
  return found === null ? line : line.slice(0, found.index) + by + line.slice(found.index + found[0].length)
}

function name(random: Random): string {
  return pick(HOSTILE_NAMES, random)
}

/** A log's lines with up to `most` faults of all kinds. */
export function mutate(lines: readonly string[], random: Random, most = 20): string[] {
  const mutated = [...lines]
  for (let count = random(most + 1); count > 0 && mutated.length > 0; count--) {
    pick(MUTATIONS, random)(mutated, random(mutated.length), random)
  }
  return mutated
}

/** A line in which a few characters, its own or junk, come again and again: what goes by the square of its length shows. */
export function stretchLine(lines: readonly string[], length: number, random: Random): string[] {
  const stretched = [...lines]
  const at = random(Math.max(1, lines.length))
  const line = lines[at] ?? ''
  const cut = random(line.length + 1)
  const piece = (random(2) === 0 ? pick(JUNK, random) : line.slice(cut, cut + 1 + random(12))) || ' '
  stretched[at] = line.slice(0, cut) + piece.repeat(Math.ceil(length / piece.length)) + line.slice(cut)
  return stretched
}

/** Logs written into one at the same time, a few lines of each in turn. */
export function interleave(logs: readonly (readonly string[])[], random: Random): string[] {
  const rests = logs.filter((log) => log.length > 0).map((log) => ({ log, at: 0 }))
  const mixed: string[] = []
  while (rests.length > 0) {
    const turn = random(rests.length)
    const rest = rests[turn]
    if (rest === undefined) break
    const end = rest.at + 1 + random(12)
    mixed.push(...rest.log.slice(rest.at, end))
    rest.at = end
    if (end >= rest.log.length) rests.splice(turn, 1)
  }
  return mixed
}

/** As a terminal of this width breaks lines, wherever that is. */
export function wrapLines(lines: readonly string[], width: number): string[] {
  return lines.flatMap((line) => {
    const pieces: string[] = []
    for (let at = 0; at === 0 || at < line.length; at += width) pieces.push(line.slice(at, at + width))
    return pieces
  })
}

/** Bits flipped, bytes that are no UTF-8, characters cut in two, and the log cut at either end. */
export function damageBytes(bytes: Buffer, random: Random, most = 8): Buffer {
  const damaged = Buffer.from(bytes)
  for (let count = random(most + 1); count > 0 && damaged.length > 0; count--) {
    const at = random(damaged.length)
    const byte = damaged[at] ?? 0
    damaged[at] =
      random(2) === 0 ? byte ^ (1 << random(8)) : pick([0xff, 0xc3, 0xed, 0xf0, 0x80, 0x9b, 0x1b, 0x00], random)
  }
  const from = random(4) === 0 ? random(damaged.length + 1) : 0
  const to = random(4) === 0 ? random(damaged.length + 1) : damaged.length
  return damaged.subarray(Math.min(from, to), Math.max(from, to))
}
