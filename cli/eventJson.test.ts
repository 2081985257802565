import { describe, expect, it } from '@jest/globals'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { OomLogEvent } from '#kernel/event/oomLogEvent.ts'
import { formatEventJson } from './eventJson.ts'

function event(dump: Partial<OomDump>, fields: Partial<OomLogEvent> = {}): OomLogEvent {
  return {
    outcome: 'killed',
    victims: [],
    missing: [],
    rawLines: [],
    line: 1,
    dump: { cgroup: {}, tasks: [], memoryLines: [], ...dump },
    ...fields,
  }
}

function parsed(...args: Parameters<typeof event>): Record<string, unknown> {
  return JSON.parse(formatEventJson(event(...args))) as Record<string, unknown>
}

describe('formatEventJson', () => {
  it('leaves out what the log does not hold', () => {
    const { explanation, ...told } = parsed({ trigger: { command: '', gfpMask: '0xd0' } })
    expect(explanation).toMatchObject({ verdict: [expect.any(String), expect.any(String), expect.any(String)] })
    expect(told).toEqual({
      outcome: 'killed',
      line: 1,
      trigger: { gfpMask: '0xd0' },
      victims: [],
      tasks: [],
      memory: { lines: [] },
      missing: [],
    })
  })

  it('keeps numbers that lie beside what they mean', () => {
    const cgroup = { oom: '/a', limitKib: 9_007_199_254_740_988, swapLimitKib: 4 }
    expect(parsed({ constraint: 'None', cgroup }, { message: 'Memory cgroup out of memory' })).toMatchObject({
      constraint: 'Memcg',
      constraintPrinted: 'None',
      cgroup: { limitKib: 9_007_199_254_740_988, limited: false, swapLimited: true },
    })
  })

  it('prints a constraint that it does not know', () => {
    expect(parsed({ constraintName: 'CONSTRAINT_BPF' })).toMatchObject({ constraint: 'CONSTRAINT_BPF' })
  })

  it('lets nothing through that a terminal would obey', () => {
    const command = 'a\u001b[31m\u009b2J\u202eb\u2028\n\u{e0001}'
    const json = formatEventJson(event({}, { victims: [{ pid: 1, command }] }))
    expect(json).toMatch(/^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u)
    expect(JSON.parse(json)).toMatchObject({ victims: [{ command }] })
  })
})
