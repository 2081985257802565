import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import type { OomDump, OomTask } from '#kernel/dump/oomDump.ts'
import { parseOomDump } from '#kernel/dump/parseOomDump.ts'
import { readTextRecords } from '#kernel/transport/textLines.ts'
import { rankByBadness, totalPages } from './badness.ts'

function task(pid: number, fields: Partial<OomTask> = {}): OomTask {
  return { pid, tgid: pid, uid: 1000, totalVmPages: 5000, rssPages: 1000, oomScoreAdj: 0, command: 'x', ...fields }
}

function dump(fields: Partial<OomDump>): OomDump {
  return { cgroup: {}, tasks: [], memoryLines: [], ...fields }
}

const NOW = { totalPages: 100_999, kernelRelease: '6.18.0', pageSizeKib: 4 }

function points(fields: Partial<OomTask>, options = NOW): number | undefined {
  return rankByBadness([task(5, fields)], options)[0]?.badnessPages
}

describe('rankByBadness', () => {
  it.each<[string, Partial<OomTask>, number]>([
    ['resident pages, swap and page tables', { swapPages: 20, pgtablesBytes: 12_288 }, 1023],
    ['a share of the total in thousandths, the total rounded down first', { oomScoreAdj: 7 }, 1700],
    ['a negative share, below nothing', { oomScoreAdj: -999 }, 1000 - 99_900],
    ['no favour for root', { uid: 0 }, 1000],
  ])('counts %s', (_case, fields, expected) => {
    expect(points(fields)).toBe(expected)
  })

  it.each<[string, Partial<OomTask>, number, string]>([
    ['3.10.0', { uid: 0 }, 1, '3 % of the total less, and no less than 1'],
    ['3.10.0', { uid: 0, rssPages: 9000 }, 6000, '3 % of the total less'],
    ['3.16.0', { uid: 0 }, 970, '3 % of its own less'],
    ['4.15.0', { uid: 0, nrPtesPages: 60, nrPmdsPages: 7 }, 1035, 'page tables by the page'],
    ['4.18.0', { uid: 0 }, 1000, 'nothing less'],
    ['5.8.0', { oomScoreAdj: -900 }, 1, 'no less than 1'],
    ['5.9.0', { oomScoreAdj: -900 }, -89_000, 'as it is'],
  ])('on %s gives root or a low score %j', (kernelRelease, fields, expected) => {
    expect(points(fields, { ...NOW, kernelRelease })).toBe(expected)
  })

  it('takes the formula from the columns where the release is not known', () => {
    const options = { totalPages: 100_000 }
    expect(rankByBadness([task(5, { uid: 0, rssPages: 9000, nrPtesPages: 1 })], options)[0]?.badnessPages).toBe(6001)
    expect(rankByBadness([task(5, { uid: 0, pgtablesBytes: 4096 })], options)[0]?.badnessPages).toBe(1001)
  })

  it('leaves out −1000 and the machine’s init', () => {
    expect(rankByBadness([task(1), task(2, { oomScoreAdj: -1000 }), task(3)], NOW).map(({ pid }) => pid)).toEqual([3])
  })

  it.each([
    ['6.18.0', [4, 3, 2]],
    ['4.19.0', [4, 2, 3]],
  ])('between equals takes the one that %s takes', (kernelRelease, expected) => {
    const tasks = [task(2), task(3), task(4, { rssPages: 1001 })]
    expect(rankByBadness(tasks, { ...NOW, kernelRelease }).map(({ pid }) => pid)).toEqual(expected)
  })

  it('goes by pages alone where the total is not known', () => {
    expect(rankByBadness([task(2, { oomScoreAdj: 500 })], { totalPages: undefined })[0]?.badnessPages).toBe(1000)
  })

  it.each([
    ['2.6.32-el6-slab-leak.log', 20557],
    ['3.10-el7-java.log', 5424],
  ])('finds the victim first in %s', (name, pid) => {
    const text = readFileSync(new URL(`../../test/fixtures/dumps/${name}`, import.meta.url), 'utf8')
    const read = parseOomDump([...readTextRecords(text)].map((record) => record.text))
    expect(rankByBadness(read.tasks, { ...read, totalPages: totalPages(read) })[0]?.pid).toBe(pid)
  })
})

describe('totalPages', () => {
  const limit = { oom: '/a', limitKib: 32_768 }
  const NO_LIMIT = 9_007_199_254_740_988

  it.each<[string, Partial<OomDump>, number | undefined, number | undefined]>([
    [
      'RAM less reserved, and swap',
      { constraint: 'None', ramPages: 1000, reservedPages: 100, swapTotalKib: 400 },
      undefined,
      1000,
    ],
    ['nothing where more is reserved than there is', { ramPages: 10, reservedPages: 100 }, undefined, undefined],
    ['nothing where RAM is not told', { constraint: 'None' }, undefined, undefined],
    ['a cgroup’s maximum', { constraint: 'Memcg', cgroup: limit }, 4096, 8192],
    ['with v2 swap up to its maximum', { constraint: 'Memcg', cgroup: { ...limit, swapLimitKib: 400 } }, 4096, 8292],
    [
      'with v2 swap up to the machine’s',
      { constraint: 'Memcg', cgroup: { ...limit, swapLimitKib: NO_LIMIT } },
      4096,
      9216,
    ],
    [
      'with v1 what memory+swap allows above memory',
      { constraint: 'Memcg', cgroup: { ...limit, swapLimitKib: 33_168, swapIncludesMemory: true } },
      4096,
      8292,
    ],
    [
      'without swap where the machine has none',
      { constraint: 'Memcg', cgroup: { ...limit, swapLimitKib: NO_LIMIT, swapIncludesMemory: true } },
      undefined,
      8192,
    ],
    ['a cgroup’s before 5.0, which names no constraint', { cgroup: limit, ramPages: 99 }, undefined, 8192],
    [
      'the machine’s, whatever cgroup the victim was in',
      { constraint: 'None', cgroup: { task: '/a' }, ramPages: 99 },
      undefined,
      99,
    ],
  ])('is %s', (_case, fields, machineSwapKib, expected) => {
    expect(totalPages(dump(fields), machineSwapKib)).toBe(expected)
  })

  it('is the allowed nodes’ memory and all swap for a cpuset or a memory policy', () => {
    const memoryLines = [
      'Node 0 DMA free:1kB min:2kB present:400kB managed:1kB',
      'Node 0 Normal free:1kB min:2kB present:4000kB managed:1kB',
      'Node 1 Normal free:1kB min:2kB present:8000kB managed:1kB',
    ]
    const numbers = { memoryLines, swapTotalKib: 40, ramPages: 9999 }
    expect(totalPages(dump({ ...numbers, constraint: 'Cpuset', memsAllowed: '0' }))).toBe(1110)
    expect(totalPages(dump({ ...numbers, constraint: 'MemoryPolicy', nodemask: '0-1,3' }))).toBe(3110)
    expect(totalPages(dump({ ...numbers, constraint: 'MemoryPolicy' }))).toBe(10_009)
  })

  it('is the allowed nodes’ memory before 5.0, too, which names no constraint', () => {
    const node0 = 'Node 0 Normal free:1kB min:2kB present:4000kB managed:1kB'
    const node1 = 'Node 1 Normal free:1kB min:2kB present:8000kB managed:1kB'
    const hugepages = 'Node 1 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB'
    const of = (memsAllowed: string, nodemask: string | undefined, ...memoryLines: string[]) =>
      totalPages(dump({ memsAllowed, nodemask, memoryLines, ramPages: 9999 }))
    expect(of('0', undefined, node0, node1)).toBe(1000)
    expect(of('0', '0', node0, hugepages)).toBe(1000)
    expect(of('0-1', '1', node0, node1)).toBe(2000)
    expect(of('0-1', '0-1', node0, node1)).toBe(9999)
    expect(of('0', undefined, node0)).toBe(9999)
  })
})
