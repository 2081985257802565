import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { rankByBadness, totalPages } from '#kernel/badness/badness.ts'
import { formatKmsgRecord } from '#kernel/kmsg/formatRecord.ts'
import { RawRecord } from '#kernel/kmsg/rawRecord.ts'
import { parseKmsgRecord } from '#kernel/kmsg/record.ts'
import { mutate } from '#kernel/mutation.testkit.ts'
import { createRandom } from '#kernel/random.testkit.ts'
import { readTextRecords } from '#kernel/transport/textLines.ts'
import { createAssembler } from './assembler.ts'
import type { OomOutcome } from './oomEvent.ts'

const fixtures = new URL('../../test/fixtures/', import.meta.url)
const ROUNDS = 300

function linesOf(name: string): string[] {
  const text = readFileSync(new URL(name, fixtures), 'utf8')
  if (name.endsWith('.kmsg')) return text.split('\n')
  return [...readTextRecords(text)].map((record) => formatKmsgRecord(record).trimEnd())
}

const corpus = [
  ...readdirSync(new URL('kmsg/', fixtures)).map((name) => `kmsg/${name}`),
  ...readdirSync(new URL('dumps/', fixtures)).map((name) => `dumps/${name}`),
]
  .filter((name) => /\.(?:kmsg|log)$/.test(name))
  .map(linesOf)

function read(lines: readonly string[]): OomOutcome[] {
  const outcomes: OomOutcome[] = []
  const assembler = createAssembler((outcome) => outcomes.push(outcome))
  for (const line of lines) {
    const record = parseKmsgRecord(line)
    if (record.failure === undefined) assembler.push(record)
  }
  return outcomes
}

/** Record by record, where they lie one behind the other. */
function readInPlace(lines: readonly string[]): OomOutcome[] {
  const outcomes: OomOutcome[] = []
  const assembler = createAssembler((outcome) => outcomes.push(outcome))
  const record = new RawRecord()
  const bytes = Buffer.from(lines.join('\n'))
  for (let at = 0; at < bytes.length; at = record.next) {
    if (record.read(bytes, at) === undefined) assembler.push(record)
  }
  return outcomes
}

function isCount(value: number | undefined): boolean {
  return value === undefined || (Number.isSafeInteger(value) && value >= 0)
}

describe('reading mutated records', () => {
  it('never throws, and yields numbers that are numbers', () => {
    const random = createRandom(20240607)
    let kills = 0
    for (let round = 0; round < ROUNDS; round++) {
      for (const lines of corpus) {
        for (const outcome of read(mutate(lines, random))) {
          const { dump } = outcome
          if (outcome.outcome === 'killed') {
            kills++
            expect(isCount(outcome.victim.pid) && isCount(outcome.victim.uid)).toBe(true)
            expect(isCount(outcome.victim.totalVmKib) && isCount(outcome.victim.anonRssKib)).toBe(true)
          }
          if (dump === undefined) continue
          expect(dump.tasks.every((task) => isCount(task.pid) && isCount(task.uid) && isCount(task.rssPages))).toBe(
            true,
          )
          const ranked = rankByBadness(dump.tasks, { ...dump, totalPages: totalPages(dump) })
          expect(ranked.every((task) => Number.isFinite(task.badnessPages))).toBe(true)
        }
      }
    }
    expect(kills).toBeGreaterThan(ROUNDS * corpus.length)
  })

  it('reads the same where a record lies as when it was taken out before', () => {
    const random = createRandom(20251125)
    for (let round = 0; round < ROUNDS / 10; round++) {
      for (const lines of corpus) {
        const mutated = mutate(lines, random).flatMap((line) => line.split('\n'))
        expect(JSON.stringify(readInPlace(mutated))).toBe(JSON.stringify(read(mutated)))
      }
    }
  })

  it('reads every cut of a dump without inventing a victim', () => {
    const fate = (outcome: OomOutcome) => (outcome.outcome === 'killed' ? outcome.victim.pid : outcome.outcome)
    for (const lines of corpus) {
      const fates = new Set(read(lines).map(fate))
      for (let cut = 0; cut < lines.length; cut += 7) {
        for (const part of [lines.slice(cut), lines.slice(0, cut)]) {
          for (const outcome of read(part)) expect(fates.has(fate(outcome))).toBe(true)
        }
      }
    }
  })
})
