import { describe, expect, it } from '@jest/globals'
import { mapBounded } from './mapBounded.ts'

describe('mapBounded', () => {
  it('has so many under way and no more, and gives results in the order of the items', async () => {
    let underWay = 0
    let most = 0
    const ends: (() => void)[] = []
    const results = mapBounded(['a', 'b', 'c', 'd', 'e'], 3, async (item) => {
      most = Math.max(most, ++underWay)
      await new Promise<void>((resolve) => ends.push(resolve))
      underWay--
      return item.toUpperCase()
    })
    for (let left = 5; left > 0; left--) {
      // The newest first.
      ends.pop()?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await results).toEqual(['A', 'B', 'C', 'D', 'E'])
    expect(most).toBe(3)
  })

  it('throws what the work throws', async () => {
    const work = async (item: number): Promise<void> => {
      if (item === 2) throw new Error('two')
    }
    await expect(mapBounded([1, 2, 3], 2, work)).rejects.toThrow('two')
    expect(await mapBounded([], 2, work)).toEqual([])
  })
})
