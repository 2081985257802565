import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { rankByBadness, totalPages } from '#kernel/badness/badness.ts'
import { parseKmsgRecord } from '#kernel/kmsg/record.ts'
import { readTextRecords } from '#kernel/transport/textLines.ts'
import { startAssembler } from './assembler.testkit.ts'
import type { OomOutcome } from './oomEvent.ts'

/** test/fixtures/kmsg/README.md says how each was made. */
function replay(name: string): OomOutcome[] {
  const { assembler, outcomes } = startAssembler()
  const text = readFileSync(new URL(`../../test/fixtures/kmsg/${name}.kmsg`, import.meta.url), 'utf8')
  for (const line of text.split('\n')) {
    const record = parseKmsgRecord(line)
    if (record.failure === undefined) assembler.push(record)
  }
  return outcomes
}

const named = ({ pid, command }: { pid?: number | undefined; command: string }): string => `${pid} ${command}`

/** An outcome in one line: the constraint, who asked, who was killed, of how many. */
function brief({ dump, ...outcome }: OomOutcome): string {
  const asked = dump?.trigger === undefined ? 'nobody' : `${named(dump.trigger)} order ${dump.trigger.order}`
  const ending = outcome.outcome === 'killed' ? named(outcome.victim) : outcome.outcome
  return `${dump?.constraint}: ${asked} -> ${ending} of ${dump?.tasks.length}`
}

/** Where the victim stands in the ranking, 1 for the first; 0 for one that is not in the table. */
function place(outcome: OomOutcome): number {
  const { dump } = outcome
  if (outcome.outcome !== 'killed' || dump === undefined) return 0
  // The machine's swap, which a cgroup's dump does not tell.
  const total = totalPages(dump, (dump.cgroup.swapUsageKib ?? 0) > 0 ? 65_532 : 0)
  const ranked = rankByBadness(dump.tasks, { ...dump, totalPages: total })
  return ranked.findIndex(({ pid }) => pid === outcome.victim.pid) + 1
}

describe('the assembler, on kills of Debian’s kernels', () => {
  it.each([
    ['6.12-memcg-v2', ['Memcg: 165 hog order 0 -> 148 sidecar of 2']],
    [
      '6.12-memcg-v2-group',
      [
        'Memcg: 170 hog order 0 -> 163 eater of 3',
        'Memcg: 170 hog order 0 -> 148 sidecar of 3',
        'Memcg: 170 hog order 0 -> 170 hog of 3',
      ],
    ],
    ['6.12-memcg-v2-no-killable', ['undefined: 172 hog order 0 -> noKillable of 1']],
    ['6.12-memcg-v2-swap', ['Memcg: 166 hog order 0 -> 162 eater of 2']],
    ['6.12-global', ['None: 169 tail order 0 -> 145 holder of 5', 'None: 169 tail order 0 -> 169 tail of 4']],
    ['6.12-global-allocating-task', ['None: 175 hog order 0 -> 170 eater of 5']],
    ['6.12-global-no-task-dump', ['None: 187 hog order 0 -> 150 holder of 0']],
    ['6.12-global-order-2', ['None: 167 pipes order 2 -> 143 holder of 5']],
    ['6.12-global-shmem', ['None: 160 hog order 0 -> 155 eater of 5']],
    ['6.12-global-hugepages', ['None: 157 hog order 0 -> 152 eater of 5']],
    ['6.12-global-swap-full', ['None: 174 hog order 0 -> 167 eater of 5']],
    ['6.12-sysrq', ['None: 10 kworker/0:1 order -1 -> 143 holder of 4']],
    ['6.12-cpuset', ['Cpuset: 179 hog order 0 -> 160 holder of 6']],
    ['6.12-memory-policy', ['MemoryPolicy: 189 hog order 0 -> 158 holder of 6']],
    ['6.1-memcg-v1', ['Memcg: 117 hog order 0 -> 97 first of 2']],
    ['6.1-memcg-v2', ['Memcg: 113 hog order 0 -> 95 sidecar of 2']],
    [
      '6.1-memcg-v2-group',
      [
        'Memcg: 118 hog order 0 -> 111 eater of 3',
        'Memcg: 118 hog order 0 -> 96 sidecar of 3',
        'Memcg: 118 hog order 0 -> 118 hog of 3',
      ],
    ],
    ['6.1-memcg-v2-no-killable', ['undefined: 114 hog order 0 -> noKillable of 1']],
    ['6.1-memcg-v2-swap', ['Memcg: 116 hog order 0 -> 109 eater of 2']],
    ['6.1-global', ['None: 121 tail order 0 -> 96 holder of 5', 'None: 121 tail order 0 -> 121 tail of 4']],
    ['6.1-global-allocating-task', ['None: 126 hog order 0 -> 121 eater of 5']],
    ['6.1-global-no-task-dump', ['None: 128 hog order 0 -> 96 holder of 0']],
    ['6.1-global-order-2', ['None: 118 pipes order 2 -> 95 holder of 5']],
    ['6.1-global-shmem', ['None: 116 hog order 0 -> 109 eater of 5']],
    ['6.1-global-hugepages', ['None: 117 exe order 0 -> 104 eater of 5']],
    ['6.1-global-swap-full', ['None: 141 sh order 0 -> 117 eater of 5']],
    ['6.1-sysrq', ['None: 45 kworker/0:2 order -1 -> 95 holder of 4']],
    ['6.1-cpuset', ['Cpuset: 136 hog order 0 -> 110 holder of 6']],
    ['6.1-memory-policy', ['MemoryPolicy: 141 hog order 0 -> 109 holder of 6']],
  ])('reads who asked, who died and under which constraint: %s', (name, expected) => {
    const outcomes = replay(name)
    expect(outcomes.map(brief)).toEqual(expected)
    const release = name.startsWith('6.12-') ? '6.12.117+deb12-cloud-amd64' : '6.1.0-56-cloud-amd64'
    for (const { dump } of outcomes) expect(dump?.kernelRelease).toBe(release)
  })

  describe.each(['6.12', '6.1'])('of %s', (series) => {
    it.each([
      ['memcg-v2'],
      ['memcg-v2-swap'],
      ['global'],
      ['global-order-2'],
      ['global-shmem'],
      ['global-hugepages'],
      ['global-swap-full'],
      ['sysrq'],
      ['cpuset'],
      ['memory-policy'],
    ])('ranks the victim first, as the kernel did: %s', (name) => {
      expect(
        replay(`${series}-${name}`)
          .map(place)
          .every((found) => found === 1),
      ).toBe(true)
    })

    it('ranks another first where the kernel took the one that asked', () => {
      const [outcome] = replay(`${series}-global-allocating-task`)
      expect(outcome).toMatchObject({ message: 'Out of memory (oom_kill_allocating_task)' })
      expect(outcome?.dump?.announcedVictim).toMatchObject({ pid: outcome?.dump?.trigger?.pid, command: 'hog' })
      expect(outcome === undefined ? 0 : place(outcome)).toBe(2)
    })

    it('tells the limit’s cgroup from the victim’s, and usage from limit', () => {
      expect(replay(`${series}-memcg-v2`)[0]?.dump?.cgroup).toEqual({
        oom: '/shop',
        task: '/shop/cart',
        usageKib: 65_540,
        limitKib: 65_536,
        swapUsageKib: 0,
        swapLimitKib: 9_007_199_254_740_988,
        swapIncludesMemory: false,
      })
    })

    it('reads a cgroup’s swap and the machine’s', () => {
      const [cgroup] = replay(`${series}-memcg-v2-swap`)
      expect(cgroup?.dump?.cgroup).toMatchObject({ swapLimitKib: 16_384, swapIncludesMemory: false })
      expect(cgroup?.dump?.tasks.find(({ command }) => command === 'sidecar')?.swapPages).toBeGreaterThan(4000)
      const [machine] = replay(`${series}-global-swap-full`)
      expect(machine?.dump?.swapTotalKib).toBe(65_532)
      expect(machine?.dump?.swapFreeKib).toBeLessThan(64)
    })

    it('makes one event of a group’s kills, and of nobody’s', () => {
      const group = replay(`${series}-memcg-v2-group`)
      expect(new Set(group.map(({ eventSequence }) => eventSequence)).size).toBe(1)
      expect(group[0]?.dump?.tasks.find(({ command }) => command === 'spared')?.oomScoreAdj).toBe(-1000)
      const [nobody] = replay(`${series}-memcg-v2-no-killable`)
      expect(nobody?.dump).toMatchObject({ cgroup: { oom: '/shop' }, tasks: [{ oomScoreAdj: -1000 }] })
    })

    it('reads the panic that comes in place of a kill, from the console', () => {
      const { assembler, outcomes } = startAssembler()
      const text = readFileSync(
        new URL(`../../test/fixtures/dumps/${series}-global-panic.log`, import.meta.url),
        'utf8',
      )
      for (const record of readTextRecords(text)) assembler.push(record)
      expect(outcomes).toMatchObject([{ outcome: 'panic', dump: { trigger: { command: 'hog' }, swapTotalKib: 0 } }])
      expect(outcomes[0]?.dump?.tasks).toHaveLength(5)
      expect(outcomes[0]?.rawLines.at(-1)).toMatch(/^Kernel panic - not syncing: Out of memory: .* is enabled$/)
    })

    it('keeps two kills of one eater apart, whatever memory is told between them', () => {
      const outcomes = replay(`${series}-global`)
      const memory = outcomes.map(({ dump }) => dump?.memoryLines.filter((line) => line.startsWith('Mem-Info')).length)
      expect(memory).toEqual([1, 1])
      expect(outcomes[1]?.eventSequence).toBeGreaterThan(outcomes[0]?.sequence ?? Infinity)
    })

    it('reads which nodes were allowed', () => {
      expect(replay(`${series}-cpuset`)[0]?.dump).toMatchObject({ memsAllowed: '1', cgroup: { task: '/batch' } })
      expect(replay(`${series}-memory-policy`)[0]?.dump).toMatchObject({ memsAllowed: '0-1', nodemask: '1' })
    })
  })

  it('reads version 1’s limit, of memory with swap', () => {
    expect(replay('6.1-memcg-v1')[0]?.dump?.cgroup).toMatchObject({
      oom: '/shop',
      task: '/shop',
      limitKib: 65_536,
      swapUsageKib: 65_536,
      swapIncludesMemory: true,
    })
    expect(replay('6.1-memcg-v1').map(place)).toEqual([1])
  })
})
