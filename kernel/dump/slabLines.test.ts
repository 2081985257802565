import { describe, expect, it } from '@jest/globals'
import { parseOomDump } from './parseOomDump.ts'

describe('slabLines', () => {
  it('holds the rows of both tables, and nothing that follows them', () => {
    const dump = parseOomDump([
      'Unreclaimable slab info:',
      'Name                      Used          Total',
      'kmalloc-2048           81920KB      90112KB',
      'hugetlbfs_inode_cache          0KB          3KB',
      'Memory allocations:',
      '       64 MiB     16384 mm/slub.c:2100 func:alloc_slab_page',
      '  1048576000    64000 mm/slub.c:2000 func:alloc_slab_page',
      'Tasks state (memory values in pages):',
      'kmalloc-1k                1KB          1KB',
    ])
    expect(dump.slabLines).toEqual([
      'kmalloc-2048           81920KB      90112KB',
      'hugetlbfs_inode_cache          0KB          3KB',
      '64 MiB     16384 mm/slub.c:2100 func:alloc_slab_page',
      '1048576000    64000 mm/slub.c:2000 func:alloc_slab_page',
    ])
  })

  it('does not take a row of the task table for one of its own', () => {
    const dump = parseOomDump([
      'Unreclaimable slab info:',
      '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name',
      '[ 5424]  1000  5424     1000      900       1        0             0 java',
    ])
    expect([dump.slabLines, dump.tasks.length]).toEqual([[], 1])
  })
})
