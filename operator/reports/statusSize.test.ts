import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import { missReason } from '#contract/killContext.ts'
import { attributionSource, killEvent, killScope, type KillEvent } from '#contract/killEvent.ts'
import { createRandom, pick, type Random } from '#kernel/random.testkit.ts'
import { MAX_LAST_KILLS } from '../api/killRecord.ts'
import { nodeOomReportStatus, nodeReason, type NodeOomReportStatus } from '../api/nodeOomReport.ts'
import { oomReportStatus, type OomReportStatus } from '../api/oomReport.ts'
import { killEventOf } from '../testing/killEvents.ts'
import { explainKill } from './explainKill.ts'
import { MAX_STATUS_BYTES, jsonBytes } from './fitStatus.ts'
import { buildKillRecord } from './killRecord.ts'
import { reduceNodeReport } from './reduceNodeReport.ts'
import { reduceReport } from './reduceReport.ts'
import { REJECTED } from './rejectRecord.ts'

const now = new Date('2026-03-01T10:00:02.000Z')
const base = { now, stream: 's'.repeat(128), generation: 1 }
const BATCHES = 12
const MAX_INTEGER = Number.MAX_SAFE_INTEGER

/** Wide, combining, invisible, escaped and broken characters, and what JSON and tables are made of. */
const PIECES = [
  '\u{10ffff}',
  '漢',
  '\u001b[2J',
  '\u202e',
  '\ud800',
  '"\\',
  '<b>',
  '\n',
  '__proto__',
  'é',
  '\u0000',
  'a',
] as const

function hostile(random: Random, maxChars: number): string {
  let text = ''
  const chars = random(4) === 0 ? random(maxChars + 1) : maxChars
  while (text.length < chars) text += pick(PIECES, random)
  return text.slice(0, chars)
}

function hostileEvent(random: Random, sequence: number): KillEvent {
  const command = () => hostile(random, 64)
  const pid = () => random(4_000_000)
  const candidate = () => ({
    pid: pid(),
    command: command(),
    uid: pid(),
    totalVmPages: MAX_INTEGER,
    rssPages: MAX_INTEGER,
    swapPages: MAX_INTEGER,
    oomScoreAdj: -1000,
    badnessPages: MAX_INTEGER,
    liveOomScore: MAX_INTEGER,
    podUid: 'e'.repeat(36),
  })
  const foreseen = { pid: pid(), command: command(), rssKib: 1, oomScoreAdj: 0, badnessKib: -1 }
  const lines = Array.from({ length: random(40) }, () => `[ ${pid()}]  0 1 ${MAX_INTEGER} 9 9 9 0 ${command()}`)
  return killEvent.parse(
    killEventOf({
      sequence,
      node: `n${random(120)}-${'n'.repeat(240)}`.slice(0, 253),
      scope: pick(killScope.options as [KillEvent['scope']], random),
      killedAt: pick(['1970-01-01T00:00:00.000Z', '2026-03-01T09:30:00.000Z', '9999-12-31T23:59:59.999Z'], random),
      victim: { pid: pid(), command: command(), anonRssKib: MAX_INTEGER - 2, fileRssKib: 1, shmemRssKib: 1 },
      trigger: {
        command: command(),
        pid: pid(),
        gfpFlags: Array.from({ length: 40 }, () => hostile(random, 40)),
        order: 64,
      },
      attribution: {
        source: pick(attributionSource.options as ['dump'], random),
        podUid: 'f'.repeat(36),
        containerId: 'a'.repeat(64),
      },
      domain: { limitKib: MAX_INTEGER, usageKib: MAX_INTEGER },
      candidates: Array.from({ length: 20 }, candidate),
      pageSizeKib: 1024,
      groupKill: { cgroupPath: hostile(random, 4096) || '/', source: 'line' },
      foresight: {
        ageMs: MAX_INTEGER,
        processCount: MAX_INTEGER,
        candidates: [foreseen],
        victimRank: MAX_INTEGER,
        outcome: 'miss',
        missReason: pick(missReason.options as ['grew'], random),
      },
      rawDump: gzipSync(lines.join('\n')).toString('base64'),
    }),
  )
}

function recordsOf(random: Random, from: number) {
  return Array.from({ length: MAX_LAST_KILLS }, (_, at) => {
    const event = hostileEvent(random, from + at)
    const sees = random(2) === 0
    const record = buildKillRecord(event, {
      now,
      podName: 'p'.repeat(253),
      isVisible: () => sees,
      nameContainer: () => [63, 253, 63].map((chars) => 'n'.repeat(chars)).join('/'),
      explain: explainKill,
    })
    return { streamSequence: from + at, record }
  })
}

/** As the apiserver gives it back. */
const stored = (status: object): unknown => JSON.parse(JSON.stringify(status))
const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

describe.each([1, 2, 3, 4, 5, 6])('after hostile, huge events (seed %i)', (seed) => {
  it('an OOMReport is within its size and schema, its totals exact', () => {
    const random = createRandom(seed)
    let status: OomReportStatus | undefined
    for (let batch = 0; batch < BATCHES; batch++) {
      const kills = recordsOf(random, batch * MAX_LAST_KILLS + 1).map(({ streamSequence, record }) => ({
        streamSequence,
        record: { ...record, hidden: 'Unknown' as const, hiddenReason: 'Undecided' as const },
      }))
      status = oomReportStatus.parse(stored(reduceReport(status, kills, { ...base, workload: 'w'.repeat(320) })))
      const { kills: total, byScope, byNode, byCommand } = status
      expect(jsonBytes(status)).toBeLessThanOrEqual(MAX_STATUS_BYTES)
      expect([total, sumOf(byScope), sumOf(byNode), sumOf(byCommand)]).toEqual(
        Array(4).fill((batch + 1) * MAX_LAST_KILLS),
      )
      expect(status.lastKills).toHaveLength(MAX_LAST_KILLS)
    }
  })

  it('a NodeOOMReport is, too', () => {
    const random = createRandom(seed)
    let status: NodeOomReportStatus | undefined
    for (let batch = 0; batch < BATCHES; batch++) {
      const kills = recordsOf(random, batch * MAX_LAST_KILLS + 1).map(({ streamSequence, record }) => ({
        streamSequence,
        record: {
          ...record,
          reason: pick(nodeReason.options as ['OutsidePod'], random),
          detail: hostile(random, 256).toWellFormed(),
          cgroupPath: hostile(random, 256).toWellFormed(),
        },
      }))
      status = nodeOomReportStatus.parse(stored(reduceNodeReport(status, kills, base)))
      expect(jsonBytes(status)).toBeLessThanOrEqual(MAX_STATUS_BYTES)
      const rejected = status.byReason[REJECTED] ?? 0
      expect(status.kills + status.withoutVictim + rejected).toBe((batch + 1) * MAX_LAST_KILLS)
      expect([sumOf(status.byCommand), sumOf(status.byScope)]).toEqual([
        status.kills,
        status.kills + status.withoutVictim,
      ])
    }
  })
})
