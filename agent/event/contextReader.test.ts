import { describe, expect, it } from '@jest/globals'
import { killContext } from '#contract/killContext.ts'
import { FakeCgroups } from '../cgroup/fakeCgroups.testkit.ts'
import { ContextReader } from './contextReader.ts'

const NOW_MS = Date.UTC(2026, 10, 23)
const CONTAINER = `/kubepods/burstable/pod0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60/${'ab'.repeat(32)}`
const place = { source: 'dump', cgroupPath: `${CONTAINER}/init.scope` } as const

const PROC: Readonly<Record<string, string>> = {
  meminfo:
    'MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 200 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\nCommitLimit: 500 kB\nCommitted_AS: 900 kB\n',
  'pressure/memory':
    'some avg10=12.50 avg60=0.00 avg300=0.00 total=1\nfull avg10=3.00 avg60=0.00 avg300=0.00 total=1\n',
  zoneinfo:
    'Node 0, zone   Normal\n  pages free     100\n        min      10\n        low      12\n        high     15\n        managed  1000\n        protection: (0, 0)\n',
  'sys/vm/overcommit_memory': '2\n',
  'sys/vm/panic_on_oom': '0\n',
  'sys/vm/oom_kill_allocating_task': '1\n',
  'sys/vm/oom_dump_tasks': '1\n',
}

const V2 = {
  [`${CONTAINER}/memory.max`]: '67108864\n',
  [`${CONTAINER}/memory.swap.max`]: '1048576\n',
  [`${CONTAINER}/memory.swap.current`]: '4096\n',
  [`${CONTAINER}/memory.current`]: '33554432\n',
  [`${CONTAINER}/memory.peak`]: '67108864\n',
  [`${CONTAINER}/memory.stat`]: 'anon 2097152\nfile 1048576\n',
}
const V1 = {
  [`${CONTAINER}/memory.limit_in_bytes`]: '67108864\n',
  [`${CONTAINER}/memory.usage_in_bytes`]: '33554432\n',
  [`${CONTAINER}/memory.max_usage_in_bytes`]: '67108864\n',
  [`${CONTAINER}/memory.memsw.limit_in_bytes`]: '68157440\n',
  [`${CONTAINER}/memory.memsw.usage_in_bytes`]: '33558528\n',
  [`${CONTAINER}/memory.stat`]: 'total_rss 2097152\ntotal_cache 1048576\n',
}

function reading(cgroups: Readonly<Record<string, string>>, proc = PROC) {
  const node = { nowMs: NOW_MS + 5, reads: 0 }
  const reader = new ContextReader({
    files: { readText: (path) => (node.reads++, proc[path]) },
    cgroups: new FakeCgroups(cgroups),
    monotonicMs: () => node.nowMs,
  })
  return { node, reader }
}

describe('ContextReader', () => {
  it('reads how the machine’s memory stands and is set', () => {
    const context = reading({}).reader.read(undefined, NOW_MS)
    expect(context).toEqual({
      readAfterMs: 5,
      machine: {
        memTotalKib: 1000,
        memFreeKib: 100,
        memAvailableKib: 200,
        swapTotalKib: 0,
        swapFreeKib: 0,
        commitLimitKib: 500,
        committedKib: 900,
        someWaitedPercent: 12.5,
        allWaitedPercent: 3,
        overcommitMemory: 2,
        panicOnOom: 0,
        oomKillAllocatingTask: 1,
        oomDumpTasks: 1,
        zones: [{ node: 0, name: 'Normal', freePages: 100, minPages: 10, lowPages: 12, highPages: 15 }],
      },
      cgroup: undefined,
    })
    expect(killContext.safeParse(context).success).toBe(true)
  })

  it.each([
    ['v2', V2],
    ['v1, which tells memory and swap together', V1],
  ])('reads the victim’s container, not the cgroup that it has made in there: %s', (_version, files) => {
    expect(reading(files).reader.read(place, NOW_MS)?.cgroup).toEqual({
      cgroupPath: CONTAINER,
      usageKib: 32_768,
      limitKib: 65_536,
      peakKib: 65_536,
      swapUsageKib: 4,
      swapLimitKib: 1_024,
      anonKib: 2_048,
      fileKib: 1_024,
    })
  })

  it('says nothing below 0: a kill may seem to come from the future, and v1 tells memory and swap in two reads', () => {
    const between = { ...V1, [`${CONTAINER}/memory.memsw.usage_in_bytes`]: '33550336\n' }
    const context = reading(between).reader.read(place, NOW_MS + 60)
    expect(context).toMatchObject({ readAfterMs: 0, cgroup: { usageKib: 32_768, swapUsageKib: 0 } })
    expect(killContext.safeParse(context).success).toBe(true)
  })

  it('goes without a container that is gone, and without what the kernel does not tell', () => {
    const { reader } = reading({}, {})
    const context = reader.read(place, NOW_MS)
    expect(context?.cgroup).toBeUndefined()
    expect(killContext.safeParse(context).success).toBe(true)
  })

  it('reads the machine ten times a second at most, and says nothing of a kill long ago', () => {
    const { node, reader } = reading(V2)
    reader.read(place, NOW_MS)
    const { reads } = node
    node.nowMs += 50
    reader.read(place, NOW_MS)
    expect(node.reads).toBe(reads)
    node.nowMs += 60
    reader.read(place, NOW_MS)
    expect(node.reads).toBe(2 * reads)
    expect(reader.read(place, NOW_MS - 11_000)).toBeUndefined()
  })
})
