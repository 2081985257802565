import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parseOomDump } from '#kernel/dump/parseOomDump.ts'
import { readTextRecords } from '#kernel/transport/textLines.ts'
import { parseMachineMemory } from './machineMemory.ts'

function memoryOf(name: string) {
  const text = readFileSync(new URL(`../../test/fixtures/dumps/${name}`, import.meta.url), 'utf8')
  return parseMachineMemory(parseOomDump([...readTextRecords(text)].map((record) => record.text)).memoryLines)
}

describe('parseMachineMemory', () => {
  it('reads the 3.10 dump, a person’s notes and broken lines left aside', () => {
    const memory = memoryOf('3.10-el7-java.log')
    expect(memory.totals).toMatchObject({
      activeAnonPages: 1_813_257,
      inactiveFilePages: 0,
      freePages: 23_900,
      slabUnreclaimablePages: 5636,
      shmemPages: 100_531,
      pagetablesPages: 68_092,
      freeCmaPages: 0,
    })
    expect(memory.zones.map(({ node, name }) => `${node} ${name}`)).toEqual(['0 DMA', '0 DMA32', '0 Normal'])
    expect(memory.zones[1]).toMatchObject({
      freeKib: 43_500,
      minKib: 24_252,
      lowKib: 30_312,
      highKib: 36_376,
      activeAnonKib: 2_643_608,
      managedKib: 2_869_240,
      kernelStackKib: 704,
      lowmemReservePages: [0, 0, 4990, 4990],
      allUnreclaimable: true,
    })
    expect(memory.zones[2]?.buddy?.blocks.slice(0, 4)).toEqual([
      { sizeKib: 4, count: 1441, types: 'UEM' },
      { sizeKib: 8, count: 3177, types: 'UEM' },
      { sizeKib: 16, count: 315, types: 'UEM' },
      { sizeKib: 32, count: 0, types: undefined },
    ])
    expect(memory.zones[2]?.buddy?.totalKib).toBe(36_220)
    expect(memory).toMatchObject({
      hugepages: [{ node: 0, total: 0, free: 0, surplus: 0, sizeKib: 2048 }],
      ramPages: 2_097_151,
      reservedPages: 94_167,
      swapTotalKib: 0,
      swapFreeKib: 0,
      pagecachePages: 100_592,
      swapCachePages: 0,
    })
  })

  it('reads the 2.6.32 dump with two nodes, per-CPU lists left aside', () => {
    const memory = memoryOf('2.6.32-el6-slab-leak.log')
    expect(memory.totals).toMatchObject({ slabUnreclaimablePages: 3_898_229, freePages: 19_262, mappedPages: 230 })
    expect(memory.zones.map(({ node, name }) => `${node} ${name}`)).toEqual([
      '0 Normal',
      '1 DMA',
      '1 DMA32',
      '1 Normal',
    ])
    expect(memory.zones[2]).toMatchObject({ slabUnreclaimableKib: 2_982_720, lowmemReservePages: [0, 0, 4797, 4797] })
    expect(memory).toMatchObject({ swapTotalKib: 32_767_992, swapFreeKib: 25_878_484, swapCachePages: 1323 })
  })

  it('reads 2.6.16, whose lists were one and whose zones had no node', () => {
    const memory = parseMachineMemory([
      'Active:50000 inactive:40000 dirty:0 writeback:0 unstable:0 free:1500 slab:2000 mapped:30000 pagetables:700',
      'DMA free:3000kB min:60kB low:76kB high:92kB active:4000kB inactive:4000kB present:16384kB pages_scanned:1',
      'lowmem_reserve[]: 0 0 700 700',
      'HighMem: empty',
      'DMA: 1*4kB 0*8kB 1*1024kB = 1028kB',
      '131072 pages of RAM',
      '0 pages of HIGHMEM',
      '2000 reserved pages',
      '13 pages swap cached',
    ])
    expect(memory.totals).toMatchObject({ activePages: 50_000, inactivePages: 40_000, slabPages: 2000 })
    expect(memory.zones).toMatchObject([
      { node: 0, name: 'DMA', freeKib: 3000, lowmemReservePages: [0, 0, 700, 700], buddy: { totalKib: 1028 } },
    ])
    expect(memory).toMatchObject({ ramPages: 131_072, reservedPages: 2000, highMemPages: 0, swapCachePages: 13 })
  })

  it('reads what kernels since 4.8 added', () => {
    const memory = parseMachineMemory(
      [
        'active_anon:6000 inactive_anon:7000 isolated_anon:0',
        'sec_pagetables:12 bounce:0',
        'kernel_misc_reclaimable:7',
        'free:20000 free_pcp:4500 free_cma:3',
        'Node 0 active_anon:24000kB inactive_anon:28000kB shmem_thp: 4kB anon_thp: 2048kB kernel_stack:5000kB pagetables:16kB all_unreclaimable? no',
        'Node 0 Normal free:31000kB boost:2048kB min:28000kB low:35000kB high:42000kB reserved_highatomic:4096KB present:2097152kB managed:1300000kB mlocked:16kB bounce:0kB free_pcp:300kB free_cma:12kB',
        'lowmem_reserve[]: 0 0 0 0 0',
        'Node 0 hugepages_total=10 hugepages_free=4 hugepages_surp=1 hugepages_size=2048kB',
        '0 pages HighMem/MovableOnly',
        '0 pages hwpoisoned',
      ],
      [
        'Unreclaimable slab info:',
        'kernfs_node_cache       1200KB       1300KB',
        '  2147483648   131072 mm/slub.c:2264 func:alloc_slab_page',
        '  1.5 GiB   131072 mm/slub.c:2264 func:alloc_slab_page',
      ],
    )
    expect(memory.totals).toMatchObject({ secPagetablesPages: 12, kernelMiscReclaimablePages: 7, freePcpPages: 4500 })
    expect(memory.nodes).toMatchObject([{ node: 0, anonThpKib: 2048, kernelStackKib: 5000, allUnreclaimable: false }])
    expect(memory.zones).toMatchObject([
      { boostKib: 2048, reservedHighatomicKib: 4096, freeCmaKib: 12, mlockedKib: 16 },
    ])
    expect(memory.hugepages).toEqual([{ node: 0, total: 10, free: 4, surplus: 1, sizeKib: 2048 }])
    expect(memory.slabs).toEqual([{ name: 'kernfs_node_cache', usedKib: 1200, totalKib: 1300 }])
    expect(memory.allocations).toMatchObject([{ bytes: 2_147_483_648, calls: 131_072 }, { bytes: 1_610_612_736 }])
  })

  it('passes over numbers that no machine has', () => {
    const huge = '9'.repeat(400)
    const memory = parseMachineMemory(
      [
        `Node ${huge} Normal free:36200kB min:43192kB`,
        `Node ${huge} active_anon:24000kB`,
        `Node 0 hugepages_total=9007199254740988 hugepages_free=4 hugepages_surp=1 hugepages_size=2048kB`,
      ],
      [`${huge} 131072 mm/slub.c:2264 func:alloc_slab_page`],
    )
    expect(memory).toMatchObject({ zones: [], nodes: [], hugepages: [], allocations: [] })
  })

  it('passes over what a cut left of a line, wherever the cut is', () => {
    const whole = 'Node 0 Normal free:36200kB min:43192kB low:53988kB high:64788kB present:5242880kB'
    for (let end = 0; end < whole.length; end++) {
      const [zone] = parseMachineMemory([whole.slice(0, end)]).zones
      expect([undefined, 36_200]).toContain(zone?.freeKib)
      expect([undefined, 64_788]).toContain(zone?.highKib)
    }
    expect(parseMachineMemory(['lowmem_reserve[]: 0 28', 'Node 0 Normal: ', 'hugepages_total=1']).zones).toEqual([])
  })
})
