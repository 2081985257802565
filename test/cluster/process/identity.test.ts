import { describe, expect, it } from '@jest/globals'
import { hasEnded, identifyProcess, isAlive, parseProcessStat } from './identity.ts'

const TAIL = 'S 1 7 7 0 -1 4194560 100 0 0 0 5 6 0 0 20 0 9 0 4711 40000000 300 18446744073709551615'

describe('parseProcessStat', () => {
  it('reads the state, the threads and the start time', () => {
    expect(parseProcessStat(`42 (node) ${TAIL}`)).toEqual({ pid: 42, state: 'S', threads: 9, startTicks: 4711 })
  })

  it('is not misled by a command with brackets and blanks', () => {
    expect(parseProcessStat(`42 (a) Z 1 (b) ${TAIL}`)).toEqual({ pid: 42, state: 'S', threads: 9, startTicks: 4711 })
  })

  it('says nothing about a line that is cut short', () => {
    expect(parseProcessStat('42 (node) S 1 7')).toBeUndefined()
    expect(parseProcessStat('')).toBeUndefined()
  })
})

describe('hasEnded', () => {
  const stat = { pid: 42, startTicks: 1 }

  it('is so for a zombie that is the last of its threads', () => {
    expect(hasEnded({ ...stat, state: 'Z', threads: 1 })).toBe(true)
    expect(hasEnded({ ...stat, state: 'S', threads: 1 })).toBe(false)
  })

  it('is not so while other threads still hold its ports', () => {
    expect(hasEnded({ ...stat, state: 'Z', threads: 3 })).toBe(false)
  })
})

describe('isAlive', () => {
  it('knows this process by its pid and start time', () => {
    expect(isAlive(identifyProcess(process.pid))).toBe(true)
  })

  it('takes a process of the same pid and another start time for another one', () => {
    const self = identifyProcess(process.pid)
    expect(isAlive({ ...self, startTicks: self.startTicks + 1 })).toBe(false)
  })
})
