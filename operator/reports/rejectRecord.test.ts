import { describe, expect, it } from '@jest/globals'
import { nodeKillRecord } from '../api/nodeOomReport.ts'
import { BOOT_ID } from '../testing/killEvents.ts'
import { rejectRecord } from './rejectRecord.ts'

const now = new Date('2026-03-01T10:00:00.000Z')

describe('rejectRecord', () => {
  it('is of the node whose subject the message came on', () => {
    const record = rejectRecord({ subject: `oom.v1.kill.node-a_example.${BOOT_ID}.7`, sequence: 3 }, 'no JSON', now)
    expect(record).toMatchObject({ node: 'node-a.example', bootId: BOOT_ID, sequence: 7, reason: 'EventRejected' })
    expect(nodeKillRecord.safeParse(record).success).toBe(true)
  })

  it('takes its place in the stream for its identity where the subject has none', () => {
    const record = rejectRecord({ subject: 'oom.v1.kill.node-a.x.y.z', sequence: 3 }, 'another form', now)
    expect(record).toMatchObject({ node: 'node-a', bootId: '', sequence: 3 })
  })

  it.each(['oom.v1.kill', 'oom.v1.kill.Node*.x', 'oom.v1.kill.-.x'])(
    'keeps nothing of %s, which names no node',
    (subject) => {
      expect(rejectRecord({ subject, sequence: 3 }, 'x', now)).toBeUndefined()
    },
  )

  it('shows a hostile reason as printable text, bounded', () => {
    const record = rejectRecord({ subject: 'oom.v1.kill.node-a.x', sequence: 3 }, `\x1b[31m${'x'.repeat(999)}`, now)
    expect(record?.detail).not.toContain('\x1b')
    expect(record?.detail?.length).toBeLessThanOrEqual(256)
  })
})
