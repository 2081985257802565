import { beforeEach, describe, expect, it } from '@jest/globals'
import { ExpiringMap } from './expiringMap.ts'

let nowMs: number
let map: ExpiringMap<string, number>

beforeEach(() => {
  nowMs = 0
  map = new ExpiringMap({ maxEntries: 2, nowMs: () => nowMs })
})

describe('ExpiringMap', () => {
  it('forgets what is too old', () => {
    map.set('a', 1, 10)
    nowMs = 9
    expect(map.get('a')).toBe(1)
    nowMs = 10
    expect(map.get('a')).toBeUndefined()
    expect(map.size).toBe(0)
  })

  it('forgets what was not asked for the longest', () => {
    map.set('a', 1, 10)
    map.set('b', 2, 10)
    map.get('a')
    map.set('c', 3, 10)
    expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([1, undefined, 3])
  })
})
