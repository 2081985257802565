import { describe, expect, it } from '@jest/globals'
import { Recovery } from './recovery.ts'

const found = (cgroupPath: string, from: number, to: number) => ({ cgroupPath, from, to })

describe('Recovery', () => {
  it('finds lost kills again, once', () => {
    const recovery = new Recovery()
    recovery.add([found('/a', 2, 4), found('/b', 0, 1)])
    expect(recovery.take(3)).toEqual([found('/a', 2, 4), found('/b', 0, 1)])
    expect(recovery.take(3)).toEqual([])
  })

  it('finds a part of them where cgroups are gone', () => {
    const recovery = new Recovery()
    recovery.add([found('/a', 2, 4)])
    expect(recovery.take(5)).toHaveLength(1)
  })

  it('tells nothing that may have its line, or of which nobody knows which', () => {
    const recovery = new Recovery()
    recovery.add([found('/a', 0, 1)])
    expect(recovery.take(0)).toEqual([])
    recovery.add([found('/a', 0, 3)])
    expect(recovery.take(2)).toEqual([])
    recovery.add([found('/a', 0, 5_000)])
    expect(recovery.take(6_000)).toEqual([])
  })
})
