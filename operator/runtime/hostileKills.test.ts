import { describe, expect, it } from '@jest/globals'
import type { KillEvent } from '#contract/killEvent.ts'
import { nodeOomReportStatus } from '../api/nodeOomReport.ts'
import { oomReportStatus } from '../api/oomReport.ts'
import { explainKill } from '../reports/explainKill.ts'
import { reduceNodeReport } from '../reports/reduceNodeReport.ts'
import { reduceReport } from '../reports/reduceReport.ts'
import { cachedPodOf } from '../testing/cachedPods.ts'
import { POD_UID, killEventOf, messageOf } from '../testing/killEvents.ts'
import { readKill } from './readKill.ts'
import { resolveTarget, type Target } from './resolveTarget.ts'

/** A terminal's escapes, the right-to-left override and its end, a lone surrogate, a break of the line, no width at all. */
const HOSTILE = '\u001b]0;x\u0007\u001b[31m\u202e\u2066\u2069\ud800\n\r\u200b\ufeff\u0000<img src=x>`$(id)`'
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}]/u

const context = {
  now: new Date('2026-03-01T10:00:01.000Z'),
  findPod: (uid: string) => (uid === POD_UID ? cachedPodOf() : undefined),
  namespaceOf: () => 'shop',
  getOwner: async () => ({ kind: 'readable', controller: undefined }) as const,
  explain: explainKill,
}

/** What any agent may say at most, in each text that it may choose. */
function hostileEvent(text: string, changes: Partial<KillEvent> = {}): KillEvent {
  const command = text.slice(0, 64)
  const path = `/kubepods/${text}`.slice(0, 4096)
  const event = killEventOf()
  return {
    ...event,
    kernelRelease: text.slice(0, 128),
    trigger: {
      command,
      pid: 1,
      gfpMask: '0xcc0',
      gfpFlags: Array.from({ length: 40 }, () => text.slice(0, 40)),
      order: 0,
    },
    victim: { pid: 1, command, anonRssKib: Number.MAX_SAFE_INTEGER },
    attribution: { ...event.attribution, cgroupPath: path },
    domain: { cgroupPath: path, limitKib: Number.MAX_SAFE_INTEGER, usageKib: 0 },
    candidates: Array.from({ length: 20 }, (_, pid) => ({
      pid,
      command,
      uid: 0,
      totalVmPages: Number.MAX_SAFE_INTEGER,
      rssPages: Number.MAX_SAFE_INTEGER,
      badnessPages: Number.MIN_SAFE_INTEGER,
    })),
    ...changes,
  }
}

/** As stored, by the way that the operator takes. */
async function statusAfter(event: KillEvent): Promise<{ target: Target; status: object }> {
  const read = readKill(messageOf(1, event))
  if (!read.ok) throw new Error(read.reason)
  const target = await resolveTarget(read.event, context)
  if (target.kind === 'reject') throw new Error(target.reason)
  const at = { now: context.now, stream: 's', generation: 1, workload: 'Pod/x' }
  const status =
    target.kind === 'OOMReport'
      ? reduceReport(undefined, [{ streamSequence: 1, record: target.record }], at)
      : reduceNodeReport(undefined, [{ streamSequence: 1, record: target.record }], at)
  return { target, status }
}

/** Every text of a value, the keys of its objects too; a table may have line breaks between its rows. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split('\n')
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, field]) => [key, ...textsOf(field)])
}

describe('a hostile kill event', () => {
  const outside = { attribution: { source: 'dump' as const, cgroupPath: `/${HOSTILE.repeat(40)}`.slice(0, 4096) } }
  it.each([
    ['markup, escapes and bidi characters', hostileEvent(HOSTILE.repeat(2))],
    ['the same outside of pods', hostileEvent(HOSTILE.repeat(2), outside)],
    ['names as long as there may be', hostileEvent('x'.repeat(5_000))],
    ['characters of two halves at every cut', hostileEvent('🦀'.repeat(2_000))],
    [
      'a pod that is not known',
      hostileEvent('x', { attribution: { source: 'dump', podUid: 'f'.repeat(36), cgroupPath: '/x' } }),
    ],
    ['a clock of the first year', hostileEvent('x', { killedAt: '0001-01-01T00:00:00.000Z' })],
    ['a clock of the last year', hostileEvent('x', { killedAt: '9999-12-31T23:59:59.999Z' })],
  ])('is counted with what can be shown safely: %s', async (_what, event) => {
    const { target, status } = await statusAfter(event)
    expect(textsOf(status).filter((text) => UNSAFE.test(text))).toEqual([])
    const schema = target.kind === 'OOMReport' ? oomReportStatus : nodeOomReportStatus
    expect(schema.safeParse(JSON.parse(JSON.stringify(status))).error).toBeUndefined()
    expect(JSON.stringify(status).length).toBeLessThan(64 * 1024)
  })

  it('never claims the pod of a container that another node runs, nor one that no node runs yet', async () => {
    const event = killEventOf()
    const bound = (node: string) => ({ ...context, findPod: () => cachedPodOf({ node }) })
    expect(await resolveTarget(event, bound('node-b'))).toMatchObject({
      kind: 'reject',
      reason: `podUid: expected a pod bound to node "node-a", got ${POD_UID}, bound to "node-b"`,
    })
    expect(await resolveTarget(event, bound(''))).toMatchObject({
      kind: 'NodeOOMReport',
      key: { name: 'node-a' },
      record: { reason: 'PodUnknown', detail: expect.stringContaining('bound to no node') },
    })
  })

  const encode = (text: string) => ({ ...messageOf(1, killEventOf()), data: new TextEncoder().encode(text) })
  it.each([
    ['nothing', ''],
    ['escapes and bidi characters', HOSTILE],
    ['half of an event', JSON.stringify(killEventOf()).slice(0, 200)],
    ['a million brackets', '['.repeat(1_000_000)],
    ['objects in objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['a number that is none', JSON.stringify(killEventOf()).replace('"taskCount":2', '"taskCount":1e999')],
    ['fractions of a process', JSON.stringify(killEventOf()).replace('"taskCount":2', '"taskCount":2.5')],
    ['another type', JSON.stringify(killEventOf()).replace('"candidates":[', '"candidates":{"length":1},"x":[')],
    ['a prototype in place of its fields', '{"__proto__":{"version":1}}'],
    ['a command of a megabyte', JSON.stringify(killEventOf({ victim: { pid: 1, command: 'x'.repeat(1_000_000) } }))],
    ['a node of such a name', JSON.stringify(killEventOf({ node: `a${HOSTILE}` }))],
  ])('is set aside with a reason in one safe line: %s', (_what, text) => {
    const read = readKill(encode(text))
    expect(read.ok).toBe(false)
    const reason = read.ok ? '' : read.reason
    expect(reason).not.toMatch(UNSAFE)
    expect(reason.length).toBeGreaterThan(10)
    expect(reason.length).toBeLessThan(1_500)
  })
})

describe('replayed and re-ordered kills', () => {
  const records = async (): Promise<{ streamSequence: number; record: never }[]> => {
    const events = Array.from({ length: 8 }, (_, at) =>
      killEventOf({ sequence: at + 1, killedAt: `2026-03-01T0${at}:00:00.000Z` }),
    )
    const targets = await Promise.all(events.map((event) => resolveTarget(event, context)))
    return targets.map((target, at) => ({
      streamSequence: at + 1,
      record: ('record' in target ? target.record : undefined) as never,
    }))
  }
  const at = { now: context.now, stream: 's', generation: 1, workload: 'Pod/x' }

  it('count the same, and span the same time, in whatever order they come', async () => {
    const inOrder = await records()
    const mixed = [5, 2, 7, 0, 3, 6, 1, 4].map((from, to) => ({ ...inOrder[from], streamSequence: to + 1 }) as never)
    const [one, other] = [inOrder, mixed].map((kills) => reduceReport(undefined, kills, at))
    const figures = (status: typeof one) => {
      const { kills, firstSeen, lastSeen, byScope, byNode, byCommand, trend } = status ?? {}
      return { kills, firstSeen, lastSeen, byScope, byNode, byCommand, trend }
    }
    expect(figures(other)).toEqual(figures(one))
    expect(one).toMatchObject({ kills: 8, firstSeen: '2026-03-01T00:00:00.000Z', lastSeen: '2026-03-01T07:00:00.000Z' })
  })

  it('are counted once that come again later, in this stream or in another', async () => {
    const kills = await records()
    const first = reduceReport(undefined, kills, at)
    const again = kills.map((kill) => ({ ...kill, streamSequence: kill.streamSequence + 100 }))
    expect(reduceReport(first, again, at).kills).toBe(8)
    expect(reduceReport(first, kills, { ...at, stream: 'other' }).kills).toBe(8)
  })
})
