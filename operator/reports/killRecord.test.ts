import { describe, expect, it } from '@jest/globals'
import { killEventOf } from '../testing/killEvents.ts'
import { explainKill } from './explainKill.ts'
import { buildKillRecord } from './killRecord.ts'

const now = new Date('2026-03-01T10:00:02.000Z')
const context = { now, isVisible: () => true, explain: explainKill }

describe('buildKillRecord', () => {
  it('says how the place is known, and whether all of the cgroup was killed', () => {
    const event = killEventOf({ groupKill: { cgroupPath: '/kubepods/x', source: 'setting' } })
    expect(buildKillRecord(event, context)).toMatchObject({ attribution: 'dump', groupKill: 'setting' })
  })

  it('names who asked for memory only to those who may see that process', () => {
    const trigger = { command: 'secret-db', pid: 9, gfpMask: '0xcc0', order: 0 }
    const event = killEventOf({ scope: 'Node', trigger })
    expect(buildKillRecord(event, context).trigger).toBe('secret-db(9) asked 0xcc0 order 0')
    const hidden = buildKillRecord(event, { ...context, isVisible: () => false })
    expect(hidden.trigger).toBe('(other namespace) asked 0xcc0 order 0')
    const own = killEventOf({ scope: 'Node', trigger: { ...trigger, command: 'eater', pid: 8123 } })
    expect(buildKillRecord(own, { ...context, isVisible: () => false }).trigger).toBe('eater(8123) asked 0xcc0 order 0')
  })
})
