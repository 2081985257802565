import { describe, expect, it } from '@jest/globals'
import { parseCgroupStat } from './cgroupStat.ts'

describe('parseCgroupStat', () => {
  it('reads a line for each figure, in bytes', () => {
    const stat = parseCgroupStat([
      'memory: usage 1kB, limit 1kB, failcnt 1',
      'Memory cgroup stats for /a:',
      'anon 4096',
      'pgfault 7',
    ])
    expect([...stat]).toEqual([
      ['anon', 4096],
      ['pgfault', 7],
    ])
  })

  it('reads one line with all figures, and adds up the cgroups of the hierarchy', () => {
    const stat = parseCgroupStat([
      'Memory cgroup stats for /a:b: cache:4KB rss:500000KB',
      'Memory cgroup stats for /a:b/c: cache:8KB rss:1KB swap:9KB',
    ])
    expect([...stat]).toEqual([
      ['cache', 12_288],
      ['rss', 512_001_024],
      ['swap', 9216],
    ])
  })
})
