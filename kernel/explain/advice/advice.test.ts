import { describe, expect, it } from '@jest/globals'
import { explainOom } from '../explainOom.ts'
import { announce, caseOf, HEAD, killOf, machine, partOfRam, processes, row, TABLE } from '../facts.testkit.ts'
import { ADVICE_RULES } from './advice.ts'

const GIB = 1024 * 1024
const zone = (free: number, min: number) =>
  `Node 0 Normal free:${free}kB min:${min}kB low:${min * 1.25}kB high:${min * 1.5}kB present:4194304kB managed:4000000kB`

function cgroup(limitKib: number, kill: string): string[] {
  return [
    ...HEAD,
    `memory: usage ${limitKib}kB, limit ${limitKib}kB, failcnt 9`,
    TABLE,
    row(7, 'app', limitKib / 4),
    announce('CONSTRAINT_MEMCG', 'oom_memcg=/a,task_memcg=/a'),
    kill.replace('Out of memory', 'Memory cgroup out of memory'),
  ]
}

/** Each rule with a dump that supports it, and what it says. */
const EXAMPLES: Readonly<Record<string, [readonly string[], RegExp]>> = {
  'find the leak in the kernel': [machine({ slabUnreclaimable: partOfRam(0.5) }), /2 GiB of slab/],
  'set the heap below the limit': [
    cgroup(2 * GIB, killOf(7, 'java', 1.9 * GIB, 8 * GIB)),
    /MaxRAMPercentage=75 \(1.5 GiB of 2 GiB\)/,
  ],
  'raise the limit, or use less': [
    cgroup(32_768, killOf(7, 'app', 30_000)),
    /uses 32 MiB of 32 MiB \(100 %\); app has 32 MiB resident/,
  ],
  'allow more NUMA nodes': [
    machine(
      { free: partOfRam(0.5) },
      `${zone(10_000, 20_000).replace('Node 0', 'Node 1')}`,
      announce('CONSTRAINT_CPUSET').replace('mems_allowed=0', 'mems_allowed=1'),
    ),
    /^2 GiB was free on nodes that may not be used: a cpuset.mems with more of them/,
  ],
  'raise min_free_kbytes': [
    [
      'app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=3, oom_score_adj=0',
      'CPU: 0 UID: 0 PID: 7 Comm: app Not tainted 6.12.0 #1',
      zone(90_000, 20_000),
      'Node 0 Normal: 22500*4kB (UME) 0*32kB = 90000kB',
    ],
    /now about 20000\) keeps larger blocks free for order 3/,
  ],
  'set fewer hugepages aside': [
    machine({}, 'Node 0 hugepages_total=1024 hugepages_free=1000 hugepages_surp=0 hugepages_size=2048kB'),
    /lower vm.nr_hugepages: 2 GiB/,
  ],
  'bound the number of processes': [machine({}, ...processes(300, 10, () => 'bomb')), /300 of 300 processes/],
  'give the largest process a limit': [
    machine({}, TABLE, row(7, 'giant', partOfRam(0.6))),
    /pid 7 holds 2.4 GiB of 4 GiB/,
  ],
  'bound tmpfs and shared memory': [machine({ shmem: partOfRam(0.5) }), /2 GiB stays when its process is killed/],
  'use fewer page tables': [machine({ pagetables: partOfRam(0.2) }), /819 MiB of page tables/],
  'find who holds what no line accounts for': [machine({ anon: 1000 }), /4 GiB is in no line/],
  'run fewer processes': [machine({}, ...processes(120, partOfRam(0.006))), /^2 of p\d+ hold 49/],
  'take the exemption back': [
    machine({}, TABLE, row(7, 'app', 100), row(8, 'daemon', partOfRam(0.2), -1000), killOf(7, 'app', 400)),
    /daemon \(pid 8\) holds 819 MiB of 4 GiB \(20 %\) and cannot be chosen/,
  ],
  'look at oom_score_adj': [
    machine({}, TABLE, row(7, 'app', 100, 900), row(8, 'big', partOfRam(0.2)), killOf(7, 'app', 400)),
    /freed 464 KiB, while big \(pid 8\) with 819 MiB .* 0 against 900/,
  ],
  'lower min_free_kbytes': [machine({}, zone(100, 400_000)), /about 400000, 9.5 % of RAM/],
  'add swap': [machine({ anon: partOfRam(0.8), swapTotalKib: 0, swapFreeKib: 0 }), /3.2 GiB of anonymous/],
  'promise less memory': [machine({}, killOf(7, 'app', 400, 50 * GIB)), /50 GiB of address space on 5.9 GiB/],
}

describe('advice', () => {
  it('has an example for each rule', () => {
    expect(ADVICE_RULES.map(({ action }) => action)).toEqual(Object.keys(EXAMPLES))
  })

  it.each(Object.keys(EXAMPLES))('says to %s with its reason and number', (action) => {
    const [lines, says] = EXAMPLES[action] ?? [[], /^$/]
    const advice = explainOom(caseOf(lines)).advice.find((one) => one.action === action)
    expect(advice?.text).toMatch(says)
    expect(Object.values(advice?.figures ?? {}).some((figure) => typeof figure === 'number')).toBe(true)
  })

  it('is none, and nothing is found, where the killer was called by hand', () => {
    const byHand = machine({ anon: partOfRam(0.8), swapTotalKib: 0, swapFreeKib: 0 }, killOf(7, 'app', 400, 50 * GIB))
    const [head = '', ...rest] = byHand
    const { advice, memory } = explainOom(caseOf([head.replace('order=0', 'order=-1'), ...rest]))
    expect([advice, memory.findings]).toEqual([[], []])
  })

  it('is none where no number supports it', () => {
    expect(explainOom(caseOf([killOf(7, 'app', 4000)])).advice).toEqual([])
    const ordinary = machine(
      { anon: partOfRam(0.9) },
      zone(10_000, 20_000),
      TABLE,
      row(7, 'app', partOfRam(0.3)),
      row(8, 'agent', partOfRam(0.01), -1000),
      killOf(7, 'app', 1_000_000),
    )
    expect(explainOom(caseOf(ordinary)).advice).toEqual([])
  })
})
