import { describe, expect, it } from '@jest/globals'
import { parseKills } from '../support/kernelLog.ts'
import { countRepeats } from './countRepeats.ts'

const HEADER = 'hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=1000'
const GROUP = 'Tasks in /kubepods/pod1/c1 are going to be killed due to memory.oom.group set'
const kill = (pid: number, totalVmKib: number): string =>
  `Memory cgroup out of memory: Killed process ${pid} (hog) total-vm:${totalVmKib}kB, anon-rss:100kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:60kB oom_score_adj:1000`

/** One line each millisecond. */
function repeatsIn(lines: readonly string[], everyUsec = 1_000): number {
  return countRepeats(parseKills(lines.map((text, at) => `6,${at},${at * everyUsec},-;${text}`).join('\n')))
}

describe('countRepeats', () => {
  it('counts the second line of a group’s first victim, also by a thread’s pid', () => {
    expect(repeatsIn([HEADER, kill(7, 5_000), GROUP, kill(7, 5_000), kill(6, 900)])).toBe(1)
    expect(repeatsIn([HEADER, kill(7, 5_000), GROUP, kill(6, 900), kill(9, 5_000)])).toBe(1)
  })

  it('counts that of another victim of the group too', () => {
    expect(repeatsIn([HEADER, kill(7, 5_000), GROUP, kill(6, 900), kill(8, 900), kill(9, 5_000)])).toBe(2)
  })

  it('counts it where the dump was suppressed', () => {
    expect(repeatsIn([kill(7, 5_000), GROUP, kill(7, 5_000)])).toBe(1)
  })

  it('counts none where the first victim had no memory left, and none without a group', () => {
    expect(repeatsIn([HEADER, kill(7, 5_000), GROUP, kill(6, 900)])).toBe(0)
    expect(repeatsIn([HEADER, kill(7, 5_000), kill(8, 5_000), kill(9, 5_000)])).toBe(0)
    expect(repeatsIn([HEADER, kill(7, 5_000), GROUP, HEADER, kill(8, 5_000)])).toBe(0)
  })

  it('counts each victim twice at most, and none long after its group', () => {
    expect(repeatsIn([HEADER, kill(7, 5_000), GROUP, kill(7, 5_000), kill(8, 5_000)])).toBe(1)
    expect(repeatsIn([HEADER, kill(7, 5_000), GROUP, kill(8, 5_000)], 2_000_000)).toBe(0)
  })
})
