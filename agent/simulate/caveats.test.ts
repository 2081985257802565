import { describe, expect, it } from '@jest/globals'
import { findCaveats, type SimulatedFacts } from './caveats.ts'

const FACTS: SimulatedFacts = {
  kernelRelease: '6.12.0',
  isNode: false,
  totalKib: 1000,
  panicOnOom: 0,
  oomKillAllocatingTask: 0,
  neverChosen: { protectedCount: 0, protectedCommands: [] },
  unknownCount: 0,
}

const namesOf = (given: Partial<SimulatedFacts>) => findCaveats({ ...FACTS, ...given }).map(({ name }) => name)

describe('what a simulation cannot know', () => {
  it('is said of any', () => {
    expect(namesOf({})).toEqual(['growth', 'shared memory', 'freed'])
  })

  it.each<[string, Partial<SimulatedFacts>, Partial<SimulatedFacts>]>([
    ['panic', { panicOnOom: 2 }, { panicOnOom: 1 }],
    ['panic', { panicOnOom: 1, isNode: true }, { panicOnOom: undefined, isNode: true }],
    ['allocating task', { oomKillAllocatingTask: 1, isNode: true }, { oomKillAllocatingTask: 1 }],
    ['total', { totalKib: undefined }, { totalKib: 0 }],
    ['children', { kernelRelease: '4.18.0-553.el8' }, { kernelRelease: '5.1.0' }],
    ['children', { kernelRelease: '3.10.0' }, { kernelRelease: undefined }],
    ['constraint', { isNode: true }, {}],
    ['protected', { neverChosen: { protectedCount: 3, protectedCommands: ['sshd'] } }, {}],
    ['unknown memory', { unknownCount: 2 }, {}],
  ])('%s is said with %j, not with %j', (name, says, not) => {
    expect(namesOf(says)).toContain(name)
    expect(namesOf(not)).not.toContain(name)
  })

  it('names some that are at −1000', () => {
    const caveats = findCaveats({ ...FACTS, neverChosen: { protectedCount: 3, protectedCommands: ['sshd'] } })
    expect(caveats.find(({ name }) => name === 'protected')?.text).toMatch(/3 processes at −1000 \(sshd, …\)\.$/)
  })
})
