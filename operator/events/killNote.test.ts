import { describe, expect, it } from '@jest/globals'
import { killOf } from '../testing/killRecords.ts'
import { killNote, noVictimNote } from './killNote.ts'

const kill = killOf(1, { victimCommand: 'worker', victimRssKib: 412 * 1024, limitKib: 512 * 1024 }).record

describe('killNote', () => {
  it('says who was taken, where, and whose memory ran out', () => {
    expect(killNote(kill, 'container app')).toBe(
      'OOM killer took worker (pid 8123, 412 MiB) in container app: at its memory limit of 512 MiB',
    )
    expect(killNote({ ...kill, scope: 'Node' }, undefined)).toBe(
      "OOM killer took worker (pid 8123, 412 MiB): the node's memory ran out",
    )
  })

  it('leaves out what is not known', () => {
    const { victimRssKib: _rss, limitKib: _limit, ...bare } = kill
    expect(killNote(bare, 'container app')).toBe(
      'OOM killer took worker (pid 8123) in container app: at its memory limit',
    )
    expect(killNote({ ...bare, scope: 'Unknown' }, 'container app')).toBe(
      'OOM killer took worker (pid 8123) in container app',
    )
    expect(killNote({ ...bare, source: 'memoryEvents' }, 'container app')).toBe(
      'OOM killer took a process that the kernel log no longer names in container app: at its memory limit',
    )
  })

  it('says when it was where that was not just now', () => {
    const late = { ...kill, seenAt: '2026-03-01T10:02:00.000Z' }
    expect(killNote(late, 'container app')).toMatch(/ \(at 2026-03-01T10:00:00\.000Z by the node's clock\)$/)
  })

  it('says that nobody was taken', () => {
    expect(noVictimNote({ ...kill, scope: 'Node' }, false)).toBe(
      "OOM killer ran and found no process to take: the node's memory ran out",
    )
    expect(noVictimNote({ ...kill, scope: 'Unknown' }, true)).toBe('OOM killer ran and the kernel panicked')
  })
})
