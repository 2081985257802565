import { describe, expect, it } from '@jest/globals'
import { decodeKillEvent, encodeKillEvent, type KillEvent } from '#contract/killEvent.ts'
import { shrinkKill } from './shrink.ts'

const event: KillEvent = {
  version: 1,
  node: 'node-a',
  bootId: '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60',
  sequence: 425,
  eventSequence: 400,
  killedAt: '2026-11-25T12:00:00.000Z',
  monotonicUsec: 5,
  source: 'kmsg',
  outcome: 'killed',
  scope: 'ContainerLimit',
  victim: { pid: 7, command: 'app', anonRssKib: 4 },
  attribution: { source: 'dump', cgroupPath: '/kubepods' },
  domain: { cgroupPath: '/kubepods', limitKib: 4 },
  candidates: [{ pid: 7, command: 'app', uid: 0, totalVmPages: 1, rssPages: 1, badnessPages: 1 }],
  taskCount: 1,
  pageSizeKib: 4,
  rawDump: 'QUJD'.repeat(100),
}

function shrunk(payload: Uint8Array): KillEvent | undefined {
  const less = shrinkKill(payload)
  const decoded = less === undefined ? undefined : decodeKillEvent(less)
  return decoded?.ok === true ? decoded.event : undefined
}

describe('shrinkKill', () => {
  it('leaves out the kernel’s own lines first, and says so, then all but who died, when and where', () => {
    const first = shrunk(encodeKillEvent(event))
    const { rawDump: _, ...withoutLines } = event
    expect(first).toEqual({ ...withoutLines, rawDumpTruncated: true })
    const second = shrunk(encodeKillEvent(first ?? event))
    expect(second).toMatchObject({ sequence: 425, victim: { pid: 7 }, attribution: { cgroupPath: '/kubepods' } })
    expect(second).toMatchObject({ domain: {}, candidates: [] })
    expect(shrinkKill(encodeKillEvent(second ?? event))).toBeUndefined()
  })

  it('keeps which kill of its cgroup it is of one without a line', () => {
    const recovered: KillEvent = { ...event, source: 'memoryEvents', recoveredAs: 'm-77-3' }
    const first = encodeKillEvent(shrunk(encodeKillEvent(recovered)) ?? event)
    expect(shrunk(first)).toMatchObject({ source: 'memoryEvents', recoveredAs: 'm-77-3' })
  })

  it('leaves alone what it does not know', () => {
    expect(shrinkKill(Buffer.from('{"version":2}'))).toBeUndefined()
  })
})
