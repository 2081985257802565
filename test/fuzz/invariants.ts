import { load } from 'js-yaml'
import { columnsOf } from '../../cli/analysis/columns.ts'
import type { Analysis } from './analyseBytes.ts'
import { namedPids } from './namedPids.ts'

/** What must be true of every analysis, whatever the log was. Says what is wrong, or nothing. */
interface Invariant {
  name: string
  broken: (analysis: Analysis, bytes: Buffer) => string | undefined
}

const WIDTH = 80
/** Any control or format character but a line's end: a terminal may act on it, or show it in another order. */
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029](?<!\n)/u
/** The command's own colours. */
const SGR = new RegExp(String.raw`${'\u001b'}\[\d+m`, 'g')
/** Differences and points, which may be below 0. */
const SIGNED = /^(?:badnessPages|firstBadnessPages|availableKib)$/

export const INVARIANTS: readonly Invariant[] = [
  { name: 'text keeps to 80 columns', broken: ({ text, coloredText }) => tooWide(text) ?? tooWide(plain(coloredText)) },
  {
    name: 'no control character is shown',
    broken: ({ text, coloredText, json, markdown = '', yaml = '' }) =>
      [text, json, markdown, yaml, plain(coloredText)].map(controlIn).find((found) => found !== undefined),
  },
  {
    name: 'all text is well formed',
    broken: ({ text, markdown = '', yaml = '', coloredText = '' }) =>
      [text, markdown, yaml, coloredText].every((one) => one.isWellFormed()) ? undefined : 'half a character',
  },
  { name: 'every value is one', broken: ({ json }) => oddValue(JSON.parse(json), '') },
  {
    name: 'sentences have words and numbers',
    broken: ({ text }) => around(text, /\bNaN\b|\bundefined\b|Infinity|\[object /),
  },
  {
    name: 'no share is more than the whole',
    broken: ({ text, markdown = '' }) => oddShare(text) ?? oddShare(markdown),
  },
  { name: 'no size is negative', broken: ({ text }) => around(text, /(?<![\w.-])-\d[\d.]* (?:[KMGTPEZY]iB|%)/) },
  {
    name: 'no victim is invented',
    broken({ events }, bytes) {
      const pids = events.flatMap(({ victims }) => victims.map(({ pid }) => pid))
      if (pids.length === 0) return undefined
      const named = namedPids(bytes.toString())
      const invented = pids.find((pid) => !named.has(pid))
      return invented === undefined ? undefined : `pid ${invented}, no kill line names it`
    },
  },
  {
    name: 'events have a place in the log',
    broken({ events }, bytes) {
      const lines = bytes.toString().split('\n').length
      const odd = events.find(({ line }) => line < 1 || line > lines)
      return odd === undefined ? undefined : `line ${odd.line} of ${lines}`
    },
  },
  { name: 'every form tells every event', broken: miscounted },
  {
    name: 'YAML is what JSON is',
    broken({ json, yaml }) {
      if (yaml === undefined) return undefined
      return JSON.stringify(load(yaml)) === JSON.stringify(JSON.parse(json)) ? undefined : 'they differ'
    },
  },
]

function plain(text = ''): string {
  return text.replace(SGR, '')
}

function around(text: string, pattern: RegExp): string | undefined {
  const found = pattern.exec(text)
  return found === null ? undefined : text.slice(Math.max(0, found.index - 60), found.index + 20)
}

function tooWide(text: string): string | undefined {
  return text.split('\n').find((line) => line.length > WIDTH / 2 && columnsOf(line) > WIDTH)
}

function controlIn(text: string): string | undefined {
  const found = CONTROL.exec(text)
  return found === null ? undefined : JSON.stringify(text.slice(Math.max(0, found.index - 40), found.index + 20))
}

/** null stands in JSON for what was no number, an escape for half a character. */
function oddValue(value: unknown, key: string): string | undefined {
  if (value === null) return `${key} is null`
  if (typeof value === 'string') return value.isWellFormed() ? undefined : `${key} has half a character`
  if (typeof value === 'number') {
    const isSize = /(?:Kib|Pages|Bytes|bytes|kib|processes|candidates|pid|tgid|uid)$/.test(key) && !SIGNED.test(key)
    return isSize && value < 0 ? `${key} is ${value}` : undefined
  }
  if (typeof value !== 'object') return undefined
  for (const [name, field] of Object.entries(value)) {
    const odd = oddValue(field, Array.isArray(value) ? key : name)
    if (odd !== undefined) return odd
  }
  return undefined
}

/** `> 100 %` says that it is more. */
function oddShare(text: string): string | undefined {
  for (const match of text.matchAll(/(?<!> )(?<![\d.])(\d+(?:\.\d+)?) %/g)) {
    if (Number(match[1]) > 100) return text.slice(Math.max(0, match.index - 60), match.index + 10)
  }
  return undefined
}

function miscounted({ events, text, json, markdown, coloredText }: Analysis): string | undefined {
  const told = (JSON.parse(json) as { events: { explanation: { verdict: unknown[] } }[] }).events
  if (told.length !== events.length) return `${events.length} events, ${told.length} in JSON`
  if (told.some(({ explanation }) => explanation.verdict.length !== 3)) return 'a verdict has three sentences'
  if (events.length === 0) return text === '' && !markdown ? undefined : 'no events, but text'
  const isTold = (one: string) => events.length === 1 || one.startsWith(`${events.length} OOM events\n`)
  if (!isTold(text) || (coloredText !== undefined && !isTold(plain(coloredText)))) return 'another number in the text'
  const titles = markdown?.match(/^## OOM event \d+$/gm)?.length
  return titles === undefined || titles === events.length ? undefined : `${titles} in Markdown`
}
