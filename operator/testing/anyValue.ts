import { pick, type Random } from '#kernel/random.testkit.ts'

const HOSTILE = '\u001b]0;x\u0007\u202e\ud800\n<b>|`$(id)`"\\'

/** What stands at the edge of what there may be, or beyond it. */
const TEXTS = [
  '',
  HOSTILE,
  '漢'.repeat(40),
  '\u{10ffff}'.repeat(32),
  'x'.repeat(64),
  'y'.repeat(70_000),
  '__proto__',
  'constructor',
]
const NUMBERS = [0, -1, 1, 7, 2.5, 4_194_304, 2 ** 31, 1e15, Number.MAX_SAFE_INTEGER, 2 ** 60, -Number.MAX_SAFE_INTEGER]
const TIMES = [
  '0001-01-01T00:00:00.000Z',
  '2026-03-01T09:00:01.000Z',
  '2026-03-01T11:00:01.000Z',
  '9999-12-31T23:59:59.999Z',
]
const WORDS = [
  'Node',
  'Unknown',
  'PodLimit',
  'proc',
  'none',
  'recording',
  'panic',
  'noKillable',
  'True',
  'Yes',
  'Undecided',
]

/** Any JSON. */
export function anyValue(random: Random, depth = 0): unknown {
  const kind = random(depth > 3 ? 6 : 8)
  if (kind === 0) return pick([null, true, false], random)
  if (kind < 3) return NUMBERS[random(NUMBERS.length)]
  if (kind === 3) return TIMES[random(TIMES.length)]
  if (kind === 4) return WORDS[random(WORDS.length)]
  if (kind === 5) return TEXTS[random(TEXTS.length)]
  const fields = Array.from({ length: random(5) }, () => anyValue(random, depth + 1))
  return kind === 6 ? fields : Object.fromEntries(fields.map((field, at) => [`k${at}`, field]))
}

/** One of its values, however deep, is another, gone, or there twice. */
function changed(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random(6) === 0) return anyValue(random)
  if (Array.isArray(value)) {
    const at = random(value.length + 1)
    const items: unknown[] = value.slice()
    const change = random(4)
    items.splice(at, change === 0 ? 1 : 0, ...(change === 1 ? items.slice(0, 1 + random(40)) : []))
    return change < 2 ? items : items.map((item, index) => (index === at ? changed(item, random) : item))
  }
  const entries = Object.entries(value)
  const chosen = random(entries.length)
  const change = random(8)
  if (change === 0) return Object.fromEntries(entries.filter((_, at) => at !== chosen))
  if (change === 1) return Object.fromEntries([...entries, [TEXTS[random(TEXTS.length)], anyValue(random)]])
  return Object.fromEntries(entries.map(([key, field], at) => [key, at === chosen ? changed(field, random) : field]))
}

/** The same, with one to four changes. */
export function changedOften(value: unknown, random: Random): unknown {
  let result = value
  for (let times = random(4); times >= 0; times--) result = changed(result, random)
  return result
}

/** Numbers that say which event it is, and those that are bounded more closely. */
const KEPT = new Set(['version', 'sequence', 'eventSequence', 'pageSizeKib', 'order', 'oomScoreAdj'])

/** The most that each field of it takes, in many of them at once. */
export function extreme(value: unknown, random: Random, key = ''): unknown {
  if (typeof value === 'number') return KEPT.has(key) || random(4) === 0 ? value : Number.MAX_SAFE_INTEGER
  if (typeof value === 'string') return key === 'command' ? (TEXTS[random(5)] ?? '').slice(0, 64) : value
  if (Array.isArray(value)) return value.map((item) => extreme(item, random))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, extreme(field, random, name)]))
}
