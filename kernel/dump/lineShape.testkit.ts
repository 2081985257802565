import type { LineShape } from './lineShape.ts'

const ZONE = String.raw`(?:DMA32|DMA|Normal|HighMem|Movable|Device)(?: free:|: \d+\*|: empty| per-cpu:)`
const COUNTERS = String.raw`(?:(?:in)?active_(?:anon|file):|(?:unevictable|free|mapped|slab_reclaimable|sec_pagetables|kernel_misc_reclaimable):\d|Active:\d+ inactive:)`
const PAGES = String.raw`\d+ (?:(?:total pagecache|pagecache|reserved|free|slab) pages|pages in (?:swap|pagetable) cache|pages (?:of )?(?:RAM|HighMem|HIGHMEM|reserved|cma reserved|hwpoisoned|shared|non-shared|swap cached)|pages (?:dirty|writeback|mapped|slab|pagetables)$)`
const SUMMARY = '(?:[^:]{0,80}memory[^:]{0,80}: )'

/** The shapes as expressions in the order in which they are tried: what `shapeOf` has to say, without its short cuts. */
const SHAPES: readonly (readonly [LineShape, RegExp])[] = [
  ['other', /^[^]{0,4}$/],
  ['header', /^(?=[^]{19})[^]{0,15} invoked oom-killer(?::|$)(?![^]* invoked oom-killer)/],
  ['cpuset', /^(?=[^]{19})[^]{0,15} cpuset=/],
  ['allocationFailure', /^(?=[^]{19})[^]{0,16}: (?:page|vmemmap) alloc(?:ation)? failure[:.]/],
  ['memory', new RegExp(`^ +${COUNTERS}`)],
  ['memcg', /^ killed as a result of limit of /],
  ['detail', /^ /],
  ['row', /^\[ *\d+\] +-?\d+ +\d+ +\d/],
  ['tableHeader', /^\[ *pid *\] +uid +tgid .*\S\s*$/],
  ['detail', /^\[(?:<|(?=[^]{0,255}$).* +\d+KB +\d+KB\s*$)/],
  ['other', /^\[/],
  ['stat', /^[a-z][a-z0-9_]{2,40} \d+$/],
  ['statFile', /^[a-z][a-z0-9_]{2,40} \d+\n/],
  ['title', /^Tasks state \(memory values in pages\):/],
  ['kill', new RegExp(`^${SUMMARY}?(?:OOM )?Killed process \\d+(?:, UID \\d+,)?(?=\\s+\\(|\\s*$)`, 'i')],
  ['choice', new RegExp(`^${SUMMARY}?Kill process \\d+,? [^]*\\) score \\d+ (?:or |and )`, 'i')],
  ['skipped', new RegExp(`^${SUMMARY}OOM victim \\d+ \\([^]*\\) is already exiting\\. Skip killing the task`, 'i')],
  ['announcement', /^oom-kill:/],
  ['header', /^oom-killer: gfp_mask=(?![^]* invoked oom-killer)/],
  ['noKillable', /^out of memory and no killable processes/i],
  ['processor', /^(?:CPU|Pid): /],
  ['processor', /^Process .{1,15} \(pid: \d+, task: /],
  ['group', /^Tasks in \/[^]*are going to be killed due to memory\.oom\.group set\s*$/],
  ['title', /^Tasks state \(memory values/],
  ['panic', /^Kernel panic - not syncing: (?:out of memory|system is deadlocked on memory)/i],
  ['other', /^Kernel panic - not syncing: /],
  ['memory', /^Mem-[Ii]nfo: *(?:\n|$)/],
  ['memory', new RegExp(`^(?:${COUNTERS}|${ZONE}|Node \\d+ (?:${ZONE}|active_anon|hugepages_total)|${PAGES})`)],
  ['memory', /^(?:lowmem_reserve\[\]:|CPU +\d+: (?:Hot: )?hi:|cpu \d+ (?:hot|cold): |hugepages_total=)/],
  ['memory', /^(?:Free pages: +\d+kB|(?:Free|Total) swap(?: +=|: +\d+kB)|Swap cache(?: stats)?:)/],
  ['memcg', /^(?:(?:memory|memory\+swap|swap|kmem): usage \d|Memory cgroup (?:stats for|min) )/],
  ['memcg', /^Task in \/(?:[^]* killed as a result of limit of |[^ ]*$)/],
  ['memcg', /^killed as a result of limit of /],
  [
    'detail',
    /^(?:Call [Tt]race:|Code: |CS: |CR2: |EFLAGS|FS: |GPR\d|Hardware name: |LR |NIP |PKRU: |Tainted: |Workqueue: )/,
  ],
  [
    'detail',
    /^(?:Modules linked in|MSR: |Name {3,}Used|R[A-Z0-9]{2}:|REGS: |\w{2,3} ?: [0-9a-f]{8}|\d+ hwpoisoned pages)/,
  ],
  ['slabStart', /^(?:Unreclaimable slab info:|Memory allocations:)/],
  ['detail', /^(?=[^]{0,256}$)\S.* +\d+KB +\d+KB\s*$/],
  ['detail', /^(?=[^]{0,256}$)\s*\d+(?:\.\d+)?(?: ?(?:[kKMGT]i?)?B)? +\d+ \S+:\d+ .*\s*$/],
]

export function specifiedShapeOf(text: string): LineShape {
  return SHAPES.find(([, expression]) => expression.test(text))?.[0] ?? 'other'
}
