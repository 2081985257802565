import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pino from 'pino'
import { killSubject } from '#contract/subjects.ts'
import type { DropReason } from '../spool/limits.ts'
import type { SpooledKill } from '../spool/record.ts'
import { SpoolFolder } from './spoolFolder.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const MIB = 1024 * 1024

let folder: string
let spools: SpoolFolder[]
let dropped: [DropReason, number][]
let nowUsec: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-spool-'))
  spools = []
  dropped = []
  nowUsec = 0
})

afterEach(() => {
  for (const spool of spools) spool.close()
  rmSync(folder, { recursive: true })
})

/** Each one is an agent's; the one before it has crashed. */
function open(maxBytes = 256 * MIB): SpoolFolder {
  const spool = new SpoolFolder(folder, {
    maxBytes,
    now: () => ({ bootId: BOOT, monotonicUsec: nowUsec }),
    onDropped: (reason, kills) => dropped.push([reason, kills]),
    logger: pino({ level: 'silent' }),
  })
  spools.push(spool)
  return spool
}

const kill = (sequence: number, bytes = 100): SpooledKill => ({
  subject: killSubject('n', BOOT, sequence),
  monotonicUsec: sequence,
  killLine: true,
  payload: Buffer.alloc(bytes, String(sequence % 10)),
})

function fill(spool: SpoolFolder, from: number, to: number, bytes?: number): void {
  for (let sequence = from; sequence < to; sequence++) spool.append(kill(sequence, bytes))
}

/** Takes so many kills, or all. @returns their sequences. */
function take(spool: SpoolFolder, count = Number.POSITIVE_INFINITY): number[] {
  const taken: number[] = []
  for (let next = spool.peek(); next !== undefined && taken.length < count; next = spool.peek()) {
    expect(Buffer.from(next.payload).equals(Buffer.from(kill(next.monotonicUsec, next.payload.length).payload))).toBe(
      true,
    )
    taken.push(next.monotonicUsec)
    spool.shift()
  }
  return taken
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at)
const files = (): string[] => readdirSync(join(folder, 'spool')).sort()
const lastFile = (): string => join(folder, 'spool', files().at(-1) ?? '')

describe('SpoolFolder', () => {
  it('gives back what it took, in order, over many segments, and frees them', () => {
    const spool = open(4 * MIB)
    fill(spool, 0, 60, 20_000)
    expect(files().length).toBeGreaterThan(3)
    expect(spool.size).toBe(60)
    expect(take(spool)).toEqual(range(0, 60))
    expect(spool.size).toBe(0)
    spool.forgetStored()
    expect(files()).toHaveLength(1)
  })

  it('tells what was read after every crash until that is known elsewhere, unless there is no room', () => {
    fill(open(), 0, 3)
    const second = open()
    fill(second, 3, 5)
    expect(take(second)).toEqual(range(0, 5))
    const third = open()
    fill(third, 5, 6)
    expect(take(third)).toEqual([5])
    const found = third.takeFound().map(({ subject }) => Number(subject.split('.').at(-1)))
    expect(found).toEqual(range(0, 5))
    expect(files()).toHaveLength(3)
    third.forgetStored()
    expect(files()).toHaveLength(1)

    const full = open(MIB)
    fill(full, 6, 106, 20_000)
    expect(take(full, 20)).not.toEqual([])
    fill(full, 106, 126, 20_000)
    expect(full.bytes).toBeLessThanOrEqual(MIB)
  })

  it('goes on after a crash where the last one was, with what came before it told', () => {
    const first = open(4 * MIB)
    fill(first, 0, 40, 20_000)
    take(first, 15)
    const second = open(4 * MIB)
    expect(second.size).toBe(25)
    expect(second.takeFound().map(({ subject }) => Number(subject.split('.').at(-1)))).toContain(39)
    expect(second.takeFound()).toEqual([])
    fill(second, 40, 42)
    expect(take(second)).toEqual(range(15, 42))
    const third = open(4 * MIB)
    expect([third.size, third.peek()]).toEqual([0, undefined])
    expect(third.takeFound().at(-1)).toEqual({ subject: killSubject('n', BOOT, 41), killLine: true })
  })

  it('loses only the torn tail of a segment that was cut anywhere', () => {
    const before = open()
    fill(before, 0, 4)
    const whole = readFileSync(lastFile())
    for (let length = whole.length - 1; length > whole.length / 2; length -= 7) {
      writeFileSync(lastFile(), whole.subarray(0, length))
      const spool = open()
      const kept = spool.size
      spool.append(kill(9))
      expect(take(spool)).toEqual([...range(0, kept), 9])
      spool.close()
      for (const name of files()) rmSync(join(folder, 'spool', name))
      writeFileSync(join(folder, 'spool', '0000000000000001.spool'), whole)
    }
  })

  it('passes over a damaged record, and says so', () => {
    const before = open()
    fill(before, 0, 3)
    const bytes = readFileSync(lastFile())
    const middle = Math.floor(bytes.length / 2)
    bytes[middle] = (bytes[middle] ?? 0) ^ 0xff
    writeFileSync(lastFile(), bytes)
    expect(take(open())).toEqual([0, 2])
    expect(dropped).toEqual([['damaged', 1]])
  })

  it('takes a segment that is empty or no segment for nothing', () => {
    const before = open()
    fill(before, 0, 1)
    truncateSync(lastFile(), 0)
    writeFileSync(join(folder, 'spool', '0000000000000002.spool'), 'rubbish')
    appendFileSync(join(folder, 'spool', 'notes.txt'), 'mine')
    const spool = open()
    fill(spool, 5, 6)
    expect(take(spool)).toEqual([5])
    expect(files()).toContain('notes.txt')
  })

  it('gives up the oldest kills when it is full, counts them, and stays within its size', () => {
    const spool = open(MIB)
    fill(spool, 0, 100, 20_000)
    const bytes = files().reduce((sum, name) => sum + statSync(join(folder, 'spool', name)).size, 0)
    expect(bytes).toBeLessThanOrEqual(MIB)
    const given = dropped.reduce((sum, [, kills]) => sum + kills, 0)
    expect(given).toBe(100 - spool.size)
    expect(new Set(dropped.map(([reason]) => reason))).toEqual(new Set(['size']))
    expect(take(spool)).toEqual(range(given, 100))
  })

  it('gives up kills that have waited for a day, and not again after a restart', () => {
    const spool = open()
    fill(spool, 0, 3)
    nowUsec = 24 * 3_600_000_000 + 1
    expect(take(spool)).toEqual([1, 2])
    expect(dropped).toEqual([['age', 1]])
    expect(open().peek()).toBeUndefined()
    expect(dropped).toHaveLength(1)
  })

  it('syncs what was written, also while more is', async () => {
    const spool = open(MIB)
    fill(spool, 0, 10, 20_000)
    const syncing = spool.sync()
    fill(spool, 10, 20, 20_000)
    await Promise.all([syncing, spool.sync()])
    expect(take(spool)).toEqual(range(0, 20))
    await spool.sync()
  })

  it('says why it cannot keep anything, and begins when it can', () => {
    writeFileSync(join(folder, 'spool'), 'a file in its place')
    const spool = open()
    expect([spool.size, spool.peek()]).toEqual([0, undefined])
    expect(() => spool.append(kill(1))).toThrow(/EEXIST|ENOTDIR/)
    rmSync(join(folder, 'spool'))
    spool.append(kill(2))
    expect(take(spool)).toEqual([2])
  })
})
