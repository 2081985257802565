import { describe, expect, it } from '@jest/globals'
import { parseMachineMemory } from '#kernel/memory/machineMemory.ts'
import { cgroupKinds, machineKinds, sumKnown } from './memoryKinds.ts'

function kindsOf(lines: string[]): Record<string, number> {
  return Object.fromEntries(machineKinds(parseMachineMemory(lines), 4).map(({ kind, kib }) => [kind, kib]))
}

describe('machineKinds', () => {
  it('takes shmem out of the anonymous lists, and says what no line accounts for', () => {
    const kinds = kindsOf([
      'active_anon:100 inactive_anon:50 isolated_anon:0',
      'active_file:10 inactive_file:5 isolated_file:1',
      'slab_reclaimable:6 slab_unreclaimable:1',
      'mapped:3 shmem:30 pagetables:4',
      'sec_pagetables:2',
      'free:20 free_pcp:1',
      'Node 0 active_anon:400kB inactive_anon:200kB kernel_stack:48kB all_unreclaimable? no',
      'Node 0 hugepages_total=2 hugepages_free=2 hugepages_surp=0 hugepages_size=64kB',
      '300 pages RAM',
      '10 pages reserved',
    ])
    expect(kinds).toEqual({
      anonymous: 480,
      file: 64,
      shmem: 120,
      slabReclaimable: 24,
      slabUnreclaimable: 4,
      pageTables: 24,
      kernelStacks: 48,
      hugepages: 128,
      free: 84,
      reserved: 40,
      unaccounted: 1200 - 1016,
    })
  })

  it('does not tell anonymous from file where the kernel did not', () => {
    expect(kindsOf(['Active:10 inactive:5 dirty:0', 'free:2 slab:3 mapped:1 pagetables:1'])).toEqual({
      anonymousAndFile: 60,
      slab: 12,
      pageTables: 4,
      free: 8,
    })
  })

  it('does not take a line that is lost for memory that is', () => {
    expect(kindsOf(['active_anon:1 inactive_anon:1', 'free:2', '300 pages RAM'])).toEqual({ anonymous: 8, free: 8 })
  })

  it('knows nothing of nothing', () => {
    expect(kindsOf([])).toEqual({})
    expect(sumKnown([undefined, undefined])).toBeUndefined()
  })
})

describe('cgroupKinds', () => {
  it('reads memory.stat of cgroup v2 and of v1 alike', () => {
    const v2 = new Map([
      ['anon', 409_600],
      ['file', 204_800],
      ['shmem', 102_400],
      ['slab_unreclaimable', 10_240],
      ['percpu', 1024],
    ])
    expect(cgroupKinds(v2, 700)).toEqual([
      { kind: 'anonymous', kib: 400 },
      { kind: 'file', kib: 100 },
      { kind: 'shmem', kib: 100 },
      { kind: 'slabUnreclaimable', kib: 10 },
      { kind: 'percpu', kib: 1 },
      { kind: 'unaccounted', kib: 89 },
    ])
    const v1 = new Map([
      ['cache', 1024],
      ['rss', 1024],
      ['total_cache', 4096],
      ['total_rss', 8192],
      ['total_shmem', 4096],
    ])
    expect(cgroupKinds(v1, 12)).toEqual([
      { kind: 'anonymous', kib: 8 },
      { kind: 'file', kib: 0 },
      { kind: 'shmem', kib: 4 },
      { kind: 'unaccounted', kib: 0 },
    ])
  })

  it('misses nothing where the parts are more than the whole', () => {
    expect(cgroupKinds(new Map([['anon', 409_600]]), 300)).toEqual([{ kind: 'anonymous', kib: 400 }])
  })
})
