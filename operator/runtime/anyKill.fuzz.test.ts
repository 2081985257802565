import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import type { KillEvent } from '#contract/killEvent.ts'
import { killSubject } from '#contract/subjects.ts'
import { damageBytes } from '#kernel/mutation.testkit.ts'
import { createRandom, pick, type Random } from '#kernel/random.testkit.ts'
import { nodeOomReportStatus, type NodeOomReportStatus } from '../api/nodeOomReport.ts'
import { oomReportStatus, type OomReportStatus } from '../api/oomReport.ts'
import { draftEvents } from '../events/draftEvents.ts'
import { killNotice } from '../http/answers.ts'
import { describeNotice } from '../http/describeKill.ts'
import { MAX_STATUS_BYTES, jsonBytes } from '../reports/fitStatus.ts'
import { explainKill } from '../reports/explainKill.ts'
import { reduceNodeReport } from '../reports/reduceNodeReport.ts'
import { judgeHidden, reduceReport } from '../reports/reduceReport.ts'
import { parseNodeStatus, parseReportStatus } from '../reports/repairStatus.ts'
import { changedOften, extreme, anyValue } from '../testing/anyValue.ts'
import { cachedPodOf } from '../testing/cachedPods.ts'
import { BOOT_ID, POD_UID, killEventOf } from '../testing/killEvents.ts'
import { readKill } from './readKill.ts'
import { keyText } from './reportStore.ts'
import { resolveTarget, type Target } from './resolveTarget.ts'

const NOW = new Date('2026-03-01T10:00:01.000Z')
const AT = { now: NOW, stream: 's1', settled: 0, generation: 1, workload: 'Deployment/eater' }
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}]/u

/** An event with all that there may be in one. */
function fullEvent(sequence: number): KillEvent {
  const candidate = { podUid: POD_UID, pid: 7, command: 'x', uid: 0, totalVmPages: 1, rssPages: 1, badnessPages: 1 }
  return killEventOf({
    sequence,
    kernelRelease: '6.12.1',
    candidates: Array.from({ length: 4 }, () => candidate),
    rawDump: gzipSync('Mem-Info:\nOut of memory: Killed process 8123 (eater)\n').toString('base64'),
    groupKill: { cgroupPath: '/x', source: 'line' },
    context: {
      readAfterMs: 3,
      machine: { memTotalKib: 9, memAvailableKib: 1 },
      cgroup: { cgroupPath: '/x', usageKib: 1 },
    },
    foresight: {
      ageMs: 9,
      processCount: 3,
      candidates: [{ pid: 1, command: 'x', rssKib: 1, oomScoreAdj: 0, badnessKib: 1 }],
      outcome: 'miss',
      missReason: 'grew',
    },
  })
}

const encoder = new TextEncoder()

/** Of an event: changed, damaged as bytes, or anything else; told on the subject that it should be on, mostly. */
function anyMessage(random: Random, sequence: number) {
  const event = fullEvent(sequence)
  const bodies = [
    anyValue,
    () => event,
    () => extreme(event, random),
    ...Array.from({ length: 5 }, () => changedOften.bind(undefined, event)),
  ] as const
  const body = pick(bodies, random)(random)
  const data = encoder.encode(JSON.stringify(body) ?? '')
  const subject = killSubject('node-a', BOOT_ID, random(20) === 0 ? random(500) : sequence)
  return { sequence, subject, data: random(20) === 0 ? new Uint8Array(damageBytes(Buffer.from(data), random)) : data }
}

const pod = cachedPodOf({ name: 'p'.repeat(253) })
const context = {
  now: NOW,
  findPod: (uid: string) => (uid === POD_UID ? pod : undefined),
  namespaceOf: () => undefined,
  getOwner: async () => ({ kind: 'unreadable', reason: 'Gone' }) as const,
  explain: explainKill,
}

/** A table's rows are lines. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split('\n')
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, field]) => [key, ...textsOf(field)])
}

const asStored = (status: object): unknown => JSON.parse(JSON.stringify(status))
const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, one) => sum + one, 0)

/** What the apiserver would take, and what the next version of it is computed from. */
function expectSound(status: OomReportStatus | NodeOomReportStatus): void {
  const schema = 'byNode' in status ? oomReportStatus : nodeOomReportStatus
  expect(schema.safeParse(asStored(status)).error).toBeUndefined()
  expect(jsonBytes(status)).toBeLessThanOrEqual(MAX_STATUS_BYTES)
  expect(sumOf(status.byCommand)).toBe(status.kills)
  if (!('byNode' in status)) return
  expect([sumOf(status.byScope), sumOf(status.byNode)]).toEqual([status.kills, status.kills])
  expect(status.hiddenKills + status.reportedKills).toBeLessThanOrEqual(status.kills)
}

describe('whatever comes as a kill', () => {
  it.each([1, 2, 3, 4])(
    'is set aside with a reason, or counted in a status that is sound and safe to show (seed %i)',
    async (seed) => {
      const random = createRandom(seed)
      const counted = new Map<string, OomReportStatus | NodeOomReportStatus>()
      let [taken, refused] = [0, 0]
      for (let sequence = 1; sequence <= 600; sequence++) {
        const read = readKill(anyMessage(random, sequence))
        if (read.ok) {
          const told = describeNotice({ sequence, event: read.event }, context.findPod)
          expect(killNotice.safeParse(asStored(told)).error).toBeUndefined()
        }
        const target = read.ok
          ? await resolveTarget(read.event, context)
          : { kind: 'reject' as const, reason: read.reason }
        if (target.kind === 'reject') {
          refused++
          expect(target.reason).toMatch(/^.{10,1300}$/u)
          expect(target.reason).not.toMatch(UNSAFE)
          continue
        }
        taken++
        const status = countOne(counted, target, sequence)
        expectSound(status)
        expect(textsOf(status).filter((text) => UNSAFE.test(text))).toEqual([])
        for (const { note, subject } of draftEvents(target)) expect(`${note}${subject}`).not.toMatch(UNSAFE)
      }
      expect(taken).toBeGreaterThan(100)
      expect(refused).toBeGreaterThan(100)
    },
  )
})

/** As the writer does, from what is stored. */
function countOne(
  counted: Map<string, unknown>,
  target: Target,
  sequence: number,
): OomReportStatus | NodeOomReportStatus {
  const key = keyText(target.key)
  const stored = counted.get(key)
  const at = { ...AT, streamEnd: sequence }
  let status: OomReportStatus | NodeOomReportStatus
  if (target.kind === 'OOMReport') {
    const before = stored === undefined ? undefined : parseReportStatus(stored, at)
    if (before !== undefined) expect(before.repaired).toEqual([])
    status = reduceReport(before?.status, [{ streamSequence: sequence, record: target.record }], AT)
  } else {
    const before = stored === undefined ? undefined : parseNodeStatus(stored, at)
    if (before !== undefined) expect(before.repaired).toEqual([])
    status = reduceNodeReport(before?.status, [{ streamSequence: sequence, record: target.record }], AT)
  }
  counted.set(key, asStored(status))
  return status
}

describe('whatever somebody makes of a report by hand', () => {
  it.each([1, 2, 3, 4])('is refused, or counted on in a status that is sound (seed %i)', async (seed) => {
    const random = createRandom(seed)
    const targets = await Promise.all(Array.from({ length: 30 }, (_, at) => resolveTarget(fullEvent(at + 1), context)))
    const kills = targets.flatMap((target, at) =>
      target.kind === 'OOMReport' ? [{ streamSequence: at + 1, record: target.record }] : [],
    )
    expect(kills).toHaveLength(30)
    const [next] = kills.splice(29)
    const stored = asStored(reduceReport(undefined, kills, AT))
    let [refused, repaired] = [0, 0]
    for (let round = 0; round < 400; round++) {
      const read = parseReportStatus(changedOften(stored, random), { ...AT, streamEnd: 30 })
      if (read === undefined || next === undefined) {
        refused++
        continue
      }
      if (read.repaired.length > 0) repaired++
      const status = reduceReport(read.status, [next], AT)
      expectSound(status)
      expect(status.kills - read.status.kills).toBeLessThanOrEqual(1)
      const later = new Date('2026-03-01T12:00:00.000Z')
      expectSound(judgeHidden(status, () => ({ kind: 'known', terminations: [] }), later))
    }
    expect(repaired).toBeGreaterThan(100)
    expect(refused).toBeLessThan(200)
  })
})
