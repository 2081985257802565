import { isDigit, skipDigits } from '#kernel/ascii.ts'
import type { RawRecord } from '#kernel/kmsg/rawRecord.ts'
import { oomScoreAdj, unsignedUid } from './number.ts'
import type { OomTask } from './oomDump.ts'
import { guessColumns, parseTableHeader, type TableColumns } from './taskColumns.ts'

const SPACE = 0x20
const MINUS = 0x2d
const CLOSE = 0x5d

/** /^\[ *\d+\] +-?\d+ +\d+ +\d+/, by hand: a table has thousands. */
export function isTableRow(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] !== 0x5b) return false
  let at = start + 1
  while (bytes[at] === SPACE) at++
  const pid = at
  at = skipDigits(bytes, at)
  if (at === pid || bytes[at++] !== CLOSE) return false
  for (let column = 0; column < 3; column++) {
    const spaces = at
    while (bytes[at] === SPACE) at++
    if (at === spaces) return false
    if (column === 0 && bytes[at] === MINUS) at++
    const digits = at
    at = skipDigits(bytes, at)
    if (at === digits || digits >= end) return false
  }
  return true
}

type Row = Pick<RawRecord, 'bytes' | 'start' | 'end' | 'text'>

/**
 * The rows of a table whose columns its header names, read as they come; columns we do not know are passed over. Where
 * the header was lost the columns are told from the rows. A row that does not fit is left out. Source: mm/oom_kill.c,
 * dump_task.
 */
export class TaskTable {
  #columns: TableColumns | undefined
  /** Until the header comes, if it does. */
  #waiting: string[] = []
  readonly #tasks: OomTask[] = []
  /** Room for a row's numbers, written anew for each. */
  readonly #values: number[] = []

  /** The first one counts. */
  addHeader(text: string): void {
    if (this.#columns === undefined) this.#settle(parseTableHeader(text))
  }

  /** @param row whose shape is known */
  addRow(row: Row): void {
    if (this.#columns === undefined) this.#waiting.push(row.text)
    else this.#read(row, this.#columns)
  }

  /** So far. */
  tasks(): readonly OomTask[] {
    if (this.#waiting.length > 0) this.#settle(guessColumns(this.#waiting))
    return this.#tasks
  }

  #settle(columns: TableColumns | undefined): void {
    this.#columns = columns
    if (columns === undefined) return
    for (const text of this.#waiting) {
      const bytes = Buffer.from(text)
      this.#read({ bytes, start: 0, end: bytes.length, text }, columns)
    }
    this.#waiting = []
  }

  #read(row: Row, columns: TableColumns): void {
    const task = parseRow(row, this.#values, columns)
    if (task !== undefined) this.#tasks.push(task)
  }
}

function parseRow({ bytes, start, end, text }: Row, values: number[], columns: TableColumns): OomTask | undefined {
  let at = start + 1
  while (bytes[at] === SPACE) at++
  let pid = 0
  while (isDigit(bytes[at])) pid = pid * 10 + (bytes[at++] ?? 0) - 0x30
  const numbersEnd = readNumbers(bytes, at + 1, end, values, columns.numbers)
  if (numbersEnd === undefined || !Number.isSafeInteger(pid)) return undefined

  const uid = unsignedUid(integerAt(values, columns.uid))
  const tgid = countAt(values, columns.tgid)
  const totalVmPages = countAt(values, columns.totalVm)
  const rssPages = countAt(values, columns.rss)
  if (uid === undefined || tgid === undefined || totalVmPages === undefined || rssPages === undefined) return undefined

  return {
    pid,
    tgid,
    uid,
    totalVmPages,
    rssPages,
    rssAnonPages: countAt(values, columns.rssAnon),
    rssFilePages: countAt(values, columns.rssFile),
    rssShmemPages: countAt(values, columns.rssShmem),
    pgtablesBytes: countAt(values, columns.pgtablesBytes),
    nrPtesPages: countAt(values, columns.nrPtes),
    nrPmdsPages: countAt(values, columns.nrPmds),
    swapPages: countAt(values, columns.swapents),
    oomScoreAdj: oomScoreAdj(integerAt(values, columns.oomScoreAdj)),
    oomAdj: integerAt(values, columns.oomAdj),
    // Up to here a byte is a character. One space stands before the name; any more are the name's own.
    command: text.slice(numbersEnd - start + 1),
  }
}

function countAt(values: readonly number[], place: number): number | undefined {
  const value = integerAt(values, place)
  return value === undefined || value < 0 ? undefined : value
}

function integerAt(values: readonly number[], place: number): number | undefined {
  const value = place < 0 ? undefined : values[place]
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined
}

/**
 * Fills `count` values from `start`; NaN is a sign without digits. @returns where the last one ends, undefined where the
 * row has fewer numbers.
 */
function readNumbers(bytes: Buffer, start: number, end: number, values: number[], count: number): number | undefined {
  let at = start
  for (let place = 0; place < count; place++) {
    while (at < end && bytes[at] === SPACE) at++
    const from = at
    const negative = at < end && bytes[at] === MINUS
    if (negative) at++
    const digits = at
    let value = 0
    while (at < end && isDigit(bytes[at])) value = value * 10 + (bytes[at++] ?? 0) - 0x30
    if (at === from) return undefined
    values[place] = at === digits ? Number.NaN : negative ? -value : value
  }
  // The name's space: without it the last number runs on into something else.
  return at < end && bytes[at] !== SPACE ? undefined : at
}
