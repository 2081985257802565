import { describe, expect, it } from '@jest/globals'
import { gatherFacts } from '../facts.ts'
import { announce, caseOf, factsOf, HEAD, machineLines } from '../facts.testkit.ts'
import { explainLimit } from './limit.ts'
import { explainZones } from '../zones.ts'

function limitOf(...lines: string[]) {
  const facts = factsOf(lines)
  return explainLimit(facts, explainZones(facts).zones)
}

const ID = 'ab'.repeat(32)
const SHORT = 'free:10000kB min:20000kB low:25000kB high:30000kB'
const ROOMY = 'free:90000kB min:20000kB low:25000kB high:30000kB'
const memcg = (path: string) => announce('CONSTRAINT_MEMCG', `oom_memcg=${path},task_memcg=${path}`)

describe('explainLimit', () => {
  it('is the machine’s memory, with what was free', () => {
    const limit = limitOf(...HEAD, ...machineLines({ free: 10_000 }), `Node 0 Normal ${SHORT}`, announce())
    expect(limit).toMatchObject({ kind: 'Node', limitKib: 4_194_304, usageKib: 4_154_304 })
    expect(limit.statements.map(({ text }) => text)).toEqual([
      'The machine’s memory ran out; no cgroup’s limit was in the way.',
      'Of 4 GiB RAM 39.1 MiB (1 %) was free, and 977 MiB of 1.9 GiB swap.',
    ])
  })

  it('does not know what was used where more is free than there is, or there is nothing', () => {
    const limit = limitOf(...HEAD, ...machineLines({ free: 2_000_000 }), `Node 0 Normal ${SHORT}`, announce())
    expect(limit).toMatchObject({ kind: 'Node', limitKib: 4_194_304, usageKib: undefined })
    expect(factsOf([...HEAD, '0 pages RAM']).wholeKib).toBeUndefined()
  })

  it('is the lower zones where memory was free above them', () => {
    const header = 'app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0'
    expect(limitOf(header, `Normal ${SHORT}`, `HighMem ${ROOMY}`).kind).toBe('Zone')
    expect(limitOf(header, `Normal ${SHORT}`, `HighMem ${SHORT}`).kind).toBe('Node')
  })

  it('says that the machine had memory free, by the printed numbers', () => {
    const plenty = 'Node 0 Normal free:900000kB min:20000kB low:25000kB high:30000kB'
    const limit = limitOf(...HEAD, plenty, announce())
    expect(limit).toMatchObject({ kind: 'Node', memoryWasFree: true })
    expect(limit.statements.at(-1)?.text).toMatch(/had memory free: what ran out may be another limit/)
    expect(limitOf(...HEAD, `Node 0 Normal ${ROOMY}`, announce()).memoryWasFree).toBe(false)
  })

  it('is one NUMA node where the request was for it alone', () => {
    const header = 'app invoked oom-killer: gfp_mask=0x200cc0(GFP_KERNEL|__GFP_THISNODE), order=0, oom_score_adj=0'
    expect(limitOf(header, `Node 0 Normal ${SHORT}`, `Node 1 Normal ${ROOMY}`).kind).toBe('NumaNode')
  })

  it.each([
    ['CONSTRAINT_CPUSET', 'Cpuset', 'The memory of the cpuset’s NUMA nodes ran out (mems_allowed 0).'],
    [
      'CONSTRAINT_MEMORY_POLICY',
      'MemoryPolicy',
      'The memory of the memory policy’s NUMA nodes ran out (nodemask not printed).',
    ],
  ])('is what %s says', (constraint, kind, text) => {
    const limit = limitOf(...HEAD, announce(constraint))
    expect(limit.kind).toBe(kind)
    expect(limit.statements[0]?.text).toBe(text)
  })

  it('counts the allowed nodes’ memory against a memory policy', () => {
    const zone = (node: number) => `Node ${node} Normal ${SHORT} present:900000kB managed:800000kB`
    const line = announce('CONSTRAINT_MEMORY_POLICY')
      .replace('(null)', '1')
      .replace('mems_allowed=0', 'mems_allowed=0-1')
    const limit = limitOf(...HEAD, zone(0), zone(1), line)
    expect(limit).toMatchObject({ kind: 'MemoryPolicy', limitKib: 800_000, usageKib: 790_000 })
    expect(limit.statements[1]?.text).toBe('These nodes used 771 MiB of 781 MiB (99 %).')
  })

  it.each([
    ['1', '0-1', 'MemoryPolicy'],
    ['0-1', '0-1', 'Node'],
    ['(null)', '0-1', 'Node'],
  ])(
    'takes nodemask %s of mems_allowed %s, where no constraint is printed, for a %s',
    (nodemask, memsAllowed, kind) => {
      const header = `app invoked oom-killer: gfp_mask=0x14280ca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), nodemask=${nodemask},  order=0, oom_score_adj=0`
      expect(limitOf(header, `app cpuset=/ mems_allowed=${memsAllowed}`).kind).toBe(kind)
    },
  )

  it('is a container’s, by its cgroup, with usage against limit', () => {
    const limit = limitOf(
      ...HEAD,
      'memory: usage 32768kB, limit 32768kB, failcnt 59',
      'swap: usage 0kB, limit 9007199254740988kB, failcnt 0',
      memcg(`/docker/${ID}`),
    )
    expect(limit).toMatchObject({
      kind: 'Container',
      containerId: ID,
      limitKib: 32_768,
      usageKib: 32_768,
      swapLimitKib: undefined,
    })
    expect(limit.statements.map(({ text }) => text)).toEqual([
      'The limit of the container abababababab was hit: it used 32 MiB of 32 MiB (100 %).',
      `Its cgroup is /docker/${ID}.`,
      'Swap: 0 KiB of no limit.',
    ])
    expect(limit.statements[0]?.figures).toMatchObject({ swapLimitKib: 9_007_199_254_740_988 })
  })

  it('says that the kernel was wrong about its constraint', () => {
    const kill = 'Memory cgroup out of memory: Killed process 7 (app) total-vm:4kB, anon-rss:4kB, file-rss:0kB'
    const limit = limitOf(...HEAD, announce('CONSTRAINT_NONE', 'oom_memcg=/a,task_memcg=/a'), kill)
    expect(limit.kind).toBe('Cgroup')
    expect(limit.statements.at(-1)?.text).toMatch(/^The kernel printed CONSTRAINT_NONE, yet/)
  })

  it('keeps a constraint that it does not know, as printed', () => {
    const limit = limitOf(...HEAD, announce('CONSTRAINT_BPF'))
    expect(limit.statements.at(-1)?.text).toContain('CONSTRAINT_BPF')
  })

  it('is not known of a kill line alone, without its summary', () => {
    const facts = gatherFacts({ ...caseOf(['Killed process 7 (app)']), dump: undefined })
    expect(explainLimit(facts, []).kind).toBe('Unknown')
  })

  it('is none where the killer was called by hand', () => {
    expect(limitOf('sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0').kind).toBe('Sysrq')
  })
})
