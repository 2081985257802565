import { describe, expect, it } from '@jest/globals'
import { parseMemoryStat } from './memoryStat.ts'

describe('parseMemoryStat', () => {
  it('reads v2', () => {
    const text =
      'anon 2097152\nfile 1048576\nkernel_stack 16384\npagetables 8192\nsock 0\nshmem 524288\nslab 4096\npgfault 9\n'
    expect(parseMemoryStat(text)).toEqual({
      anonKib: 2_048,
      fileKib: 1_024,
      kernelStackKib: 16,
      pgtablesKib: 8,
      sockKib: 0,
      shmemKib: 512,
      slabKib: 4,
    })
  })

  it('reads the sums of v1, not the cgroup’s own', () => {
    const text = 'cache 1024\nrss 2048\nshmem 4096\ntotal_cache 1048576\ntotal_rss 2097152\ntotal_shmem 524288\n'
    expect(parseMemoryStat(text)).toEqual({ fileKib: 1_024, anonKib: 2_048, shmemKib: 512 })
  })

  it('reads nothing from nothing, and no number that is none', () => {
    expect(parseMemoryStat('')).toEqual({})
    expect(parseMemoryStat('anon -1\nfile x\n__proto__ 1024\n')).toEqual({})
  })
})
