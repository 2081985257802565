import { describe, expect, it } from '@jest/globals'
import { seamOf } from './unwrap.ts'

const KILL = 'Out of memory: Killed process 925 (firewalld) total-vm:298292kB,'

describe('seamOf', () => {
  it.each([
    ['a header', 'tuned invoked oom-killer:', 'gfp_mask=0x6200ca(GFP_KERNEL), order=0, oom_score_adj=0', ' '],
    ['a header in its names', 'a invoked oom-killer: gfp_mask=0x1(GFP_KERNEL|__GF', 'P_ZERO), order=0', ''],
    ['a header in a word', 'a invoked oom-killer: gfp_mask=0x1, order=0, oom_sco', 're_adj=0', ''],
    ['a header before its words', 'a invoked', 'oom-killer: gfp_mask=0x1, order=0', ' '],
    ['a CPU line', 'CPU: 0 PID: 1165 Comm: tuned', 'Not tainted 4.18.0-240 #1', ' '],
    ['a CPU line in the release', 'CPU: 0 PID: 1165 Comm: tuned Not tainted 4.1', '8.0-240 #1', ''],
    ['the table’s header', '[ pid ]   uid  tgid total_vm', 'rss pgtables_bytes swapents oom_score_adj name', ' '],
    [
      'the table’s header in a word',
      '[ pid ]   uid  tgid total_vm rss pgtab',
      'les_bytes swapents oom_score_adj name',
      '',
    ],
    ['a row', '[  812]     0   812    40000', '2000   286720        0             0 systemd', ' '],
    ['a row before its command', '[  812]     0   812    40000  2000   286720        0             0', 'sd-pam', ' '],
    ['a kill line', 'Out of memory: Killed', 'process 925 (firewalld) total-vm:1kB', ' '],
    ['a kill line before a figure', KILL, 'anon-rss:21912kB, UID:0', ' '],
    ['a kill line in a figure', `${KILL} anon-rss:219`, '12kB, UID:0', ''],
    ['a kill line in a word', `${KILL} shme`, 'm-rss:0kB, UID:0', ''],
    ['a choice', 'Out of memory: Kill process 4 (java) score 800 or', 'sacrifice child', ' '],
    [
      'the oom-kill line',
      'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mem',
      's_allowed=0,global_oom',
      '',
    ],
    ['the oom-kill line in a command', 'oom-kill:constraint=X,task=tmux:', 'server,pid=1,uid=0', ' '],
    ['the group line', 'Tasks in /a are going to be killed due to', 'memory.oom.group set', ' '],
    ['the cgroups before 5.0', 'Task in /a killed as a result of', 'limit of /b', ' '],
    ['a limit’s path', 'Task in /pods/a killed as a result of limit of /po', 'ds', ''],
    ['a cgroup’s usage', 'memory: usage 5kB, limit', '7kB, failcnt 9', ' '],
    ['a zone', 'Node 0 DMA32 free:43500kB min:24252kB', 'active_anon:2643608kB(2.5G) isolated(anon):0kB', ' '],
    ['a zone in a word', 'Node 0 DMA32 free:43500kB active_fi', 'le:40kB inactive_file:40kB', ''],
    ['a zone before its end', 'DMA free:1kB pages_scanned:3', 'all_unreclaimable? no', ' '],
    ['a buddy list', 'Node 0 DMA: 1*4kB (U) 0*8kB', '1*2048kB (M) = 15900kB', ' '],
    ['lowmem_reserve', 'lowmem_reserve[]: 0 3800', '16000 16000', ' '],
    ['swap statistics', 'Swap cache stats: add 0,', 'delete 0, find 0/0', ' '],
  ])('goes on with %s that was broken', (_case, record, line, seam) => {
    expect(seamOf(record, line, false)).toBe(seam)
  })

  it.each([
    ['active_anon:1 inactive_anon:2 isolated_anon:0', 'active_file:3 inactive_file:4', true],
    ['Memory cgroup stats for /a:', 'anon 4096', false],
    ['anon 4096', 'file 0', false],
  ])('keeps apart the lines of one record: %j', (record, line, indented) => {
    expect(seamOf(record, line, indented)).toBe('\n')
  })

  it('takes a counter that is not further in for a part of its line', () => {
    expect(seamOf('active_anon:20000', 'inactive_anon:700000 isolated_anon:0', false)).toBe(' ')
  })

  it.each([
    ['Free swap  = 0kB', '262144 pages of RAM'],
    ['DMA: 1*4kB = 4kB', 'DMA32: empty'],
    ['DMA: 1*4kB = 4kB', 'Normal: 1*4kB = 4kB'],
    ['DMA free:1kB min:2kB', 'lowmem_reserve[]: 0 1'],
    ['[  812]     0   812    40000  2000   286720        0             0 sh', 'Please let me know'],
    [`${KILL} UID:0 oom_score_adj:0`, '# not ok 7 test_memcg_max'],
    [`${KILL} shmem-rss:0kB`, 'oom_reaper: reaped process 925 (firewalld), now anon-rss:0kB'],
    ['a invoked oom-killer: gfp_mask=0x1, order=0, oom_score_adj=0', 'oom_policy=default'],
    ['CPU: 0 PID: 1165 Comm: tuned', '[  812]     0   812    40000  2000   286720        0             0 sh'],
    ['a stack line', `${KILL} UID:0`],
  ])('leaves apart what belongs to nothing before it: %j and %j', (record, line) => {
    expect(seamOf(record, line, false)).toBeUndefined()
  })
})
