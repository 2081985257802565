import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pino from 'pino'
import type { Originals } from '../adjust/originals.ts'
import { OriginalsFile, SCORES, type Instant } from './originalsFile.ts'

const ORIGINALS: Originals = { a: { original: 0, applied: [800], processes: { '7/70': 0 } } }

let folder: string
let path: string
let said: string[]
let now: Instant

const open = (bootId = 'boot') =>
  new OriginalsFile<Originals>(
    folder,
    SCORES,
    bootId,
    () => now,
    pino({ base: null }, { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) }),
  )

/** What another start reads, and since when it is lost. */
function readAgain(bootId?: string): { read: Originals; lostAtTicks: number | undefined } {
  const file = open(bootId)
  return { read: file.read(), lostAtTicks: file.lostAtTicks }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-originals-'))
  path = join(folder, 'scores.json')
  said = []
  now = { wallMs: Date.now(), uptimeMs: 60_000 }
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('OriginalsFile', () => {
  it('has what was written after a restart, and nothing after another boot', () => {
    open().write(ORIGINALS)
    expect(readAgain()).toEqual({ read: ORIGINALS, lostAtTicks: undefined })
    expect(readAgain('another')).toEqual({ read: {}, lostAtTicks: undefined })
  })

  it('has what was there before where a crash or a full disk left the next one unfinished', () => {
    open().write(ORIGINALS)
    writeFileSync(`${path}.new`, '{"version":1,"bo')
    expect(readAgain()).toEqual({ read: ORIGINALS, lostAtTicks: undefined })
  })

  it.each([
    ['cut short', () => truncateSync(path, 40)],
    ['emptied', () => truncateSync(path, 0)],
    ['overwritten', () => writeFileSync(path, Buffer.alloc(100))],
    ['of another version', () => writeFileSync(path, '{"version":2}')],
  ])('that was %s says since when what was there before is lost, over restarts and writes', (_how, damage) => {
    open().write(ORIGINALS)
    damage()
    const damaged = readFileSync(path)
    const file = open()
    expect([file.read(), file.lostAtTicks]).toEqual([{}, 6_000])
    expect(said).toEqual([expect.stringMatching(/^expected the scores of before, got: .*left as they are until they/)])
    expect(readFileSync(`${path}.corrupt`)).toEqual(damaged)
    now.uptimeMs = 90_000
    expect(readAgain()).toEqual({ read: {}, lostAtTicks: 6_000 })
    file.write(ORIGINALS)
    expect(readAgain()).toEqual({ read: ORIGINALS, lostAtTicks: 6_000 })
    expect(said).toHaveLength(1)
  })

  it('takes a damaged one of a boot before this one for nothing: its containers have ended', () => {
    writeFileSync(path, '')
    const beforeBoot = new Date(now.wallMs - 61_000)
    utimesSync(path, beforeBoot, beforeBoot)
    expect(readAgain()).toEqual({ read: {}, lostAtTicks: undefined })
    expect(said).toEqual([])
  })

  it('keeps a damaged one where that cannot be noted, so that the next start finds it, too', () => {
    writeFileSync(path, '{')
    // The disk does not take what is to stand in its place.
    mkdirSync(`${path}.new`)
    expect(readAgain().lostAtTicks).toBe(6_000)
    expect(said).toEqual([expect.stringContaining('that could not be noted: EISDIR')])
    now.uptimeMs = 90_000
    expect(readAgain().lostAtTicks).toBe(9_000)
  })
})
