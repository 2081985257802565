import { describe, expect, it } from '@jest/globals'
import { announce, GROUP, header, kill, row, startAssembler, TABLE } from '#kernel/event/assembler.testkit.ts'
import { groupOutcomes } from './oomCase.ts'

describe('groupOutcomes', () => {
  it('makes one case of a group kill, each victim once', () => {
    const { say, outcomes } = startAssembler()
    say(header('a'), TABLE, row(7), row(8), announce(7), kill(7), GROUP, kill(7), kill(8))
    say(header('b'), TABLE, row(9), announce(9), kill(9))
    const cases = groupOutcomes(outcomes)
    expect(cases.map(({ victims }) => victims.map(({ pid }) => pid))).toEqual([[7, 8], [9]])
    expect(cases[0]).toMatchObject({ outcome: 'killed', message: 'Memory cgroup out of memory' })
    expect(cases[0]?.rawLines?.at(-1)).toBe(kill(8))
  })

  it('keeps an event that killed nobody', () => {
    const { say, outcomes } = startAssembler()
    say(header('a'), TABLE, row(7), 'Out of memory and no killable processes...')
    expect(groupOutcomes(outcomes)).toMatchObject([{ outcome: 'noKillable', victims: [] }])
  })
})
