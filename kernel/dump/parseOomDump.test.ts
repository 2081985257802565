import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parseKmsgRecord } from '#kernel/kmsg/record.ts'
import { readTextRecords } from '#kernel/transport/textLines.ts'
import { parseOomDump } from './parseOomDump.ts'

const fixtures = new URL('../../test/fixtures/', import.meta.url)

function textsOf(name: string): string[] {
  const text = readFileSync(new URL(name, fixtures), 'utf8')
  if (!name.endsWith('.kmsg')) return [...readTextRecords(text)].map((record) => record.text)
  return text.split('\n').flatMap((line) => {
    const record = parseKmsgRecord(line)
    return record.failure === undefined ? [record.text] : []
  })
}

describe('parseOomDump', () => {
  it('reads a kill in a memory cgroup from 6.18', () => {
    const dump = parseOomDump(textsOf('kmsg/6.18-memcg-v1.kmsg'))
    expect(dump).toMatchObject({
      kernelRelease: '6.18.44-fc-v595',
      trigger: { command: 'tail', pid: 12950, gfpMask: '0xcc0', gfpFlags: ['GFP_KERNEL'], order: 0, oomScoreAdj: 0 },
      constraint: 'Memcg',
      memsAllowed: '0',
      cgroup: {
        oom: '/oomkeeper-kernel-12905',
        task: '/oomkeeper-kernel-12905',
        usageKib: 32768,
        limitKib: 32768,
        swapUsageKib: 32768,
        swapLimitKib: 9007199254740988,
        swapIncludesMemory: true,
      },
      announcedVictim: { command: 'tail', pid: 12950, uid: 0 },
      pageSizeKib: 4,
    })
    expect(dump.tasks.map(({ command }) => command)).toEqual(['sh', 'sleep', 'tail'])
    expect(dump.memoryLines).toEqual(
      expect.arrayContaining([
        'memory: usage 32768kB, limit 32768kB, failcnt 59',
        'rss 33292288',
        'total_unevictable 0',
      ]),
    )
    expect(dump.ramPages).toBeUndefined()
  })

  it('reads the 2.6.32 dump', () => {
    const dump = parseOomDump(textsOf('dumps/2.6.32-el6-slab-leak.log'))
    expect(dump).toMatchObject({
      kernelRelease: '2.6.32-279.19.1.el6.x86_64',
      trigger: { command: 'dsm_sa_datamgrd', pid: 4917, gfpMask: '0x201da', order: 0, oomScoreAdj: 0 },
      memsAllowed: '0-1',
      ramPages: 4194303,
      reservedPages: 115262,
      swapTotalKib: 32767992,
      swapFreeKib: 25878484,
      pageSizeKib: 4,
      cgroup: {},
    })
    expect(dump.constraint).toBeUndefined()
    expect(dump.tasks).toHaveLength(33)
    expect(dump.tasks.find(({ pid }) => pid === 20557)).toMatchObject({ command: 'haproxy', uid: 188, rssPages: 3183 })
  })

  it('reads the 3.10 dump with its broken and annotated lines', () => {
    const dump = parseOomDump(textsOf('dumps/3.10-el7-java.log'))
    expect(dump).toMatchObject({
      trigger: { command: 'AliYunDun', gfpMask: '0x201da', order: 0 },
      ramPages: 2097151,
      reservedPages: 94167,
      swapTotalKib: 0,
      swapFreeKib: 0,
      pageSizeKib: 4,
    })
    expect(dump.constraint).toBeUndefined()
    expect(dump.kernelRelease).toBeUndefined()
    expect(dump.tasks).toHaveLength(36)
    expect(dump.tasks.find(({ pid }) => pid === 5424)).toMatchObject({ command: 'java', nrPtesPages: 66407 })
    const zone = dump.memoryLines.find((line) => line.startsWith('Node 0 DMA32 free:'))
    expect(zone).toMatch(/high:36376kB active_anon:2643608kB\(2\.5G\) .* present:3129216kB/)
  })

  it('takes a Mem-Info record apart, and no command', () => {
    const dump = parseOomDump([
      'a\nfree:1 x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      'active_anon:6000 inactive_anon:700000 isolated_anon:0\n active_file:30 inactive_file:6\n free:3200 free_pcp:407',
      'Node 0 DMA free:3200kB boost:0kB min:300kB low:370kB high:440kB present:16000kB managed:15360kB',
      'Node 0 Normal free:9600kB min:40000kB low:50000kB high:60000kB',
      '900000 pages RAM',
      '0 pages HighMem/MovableOnly',
      '40000 pages reserved',
      '0 pages cma reserved',
    ])
    expect(dump.memoryLines.slice(0, 3)).toEqual([
      'active_anon:6000 inactive_anon:700000 isolated_anon:0',
      'active_file:30 inactive_file:6',
      'free:3200 free_pcp:407',
    ])
    expect(dump).toMatchObject({ pageSizeKib: 4, ramPages: 900000, reservedPages: 40000 })
    expect(dump.trigger?.command).toBe('a\nfree:1 x')
  })

  it('tells a page of 64 KiB from the victim’s size', () => {
    const dump = parseOomDump([
      '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name',
      '[ 5424]  1000  5424     1000      900       1        0             0 java',
      'Killed process 5424 (java) total-vm:64000kB, anon-rss:57600kB, file-rss:0kB',
    ])
    expect(dump.pageSizeKib).toBe(64)
  })

  it('tells it from the smallest free block where nothing else says it', () => {
    const dump = parseOomDump(['Node 0 Normal: 5*64kB (UM) 0*128kB 2*256kB (U) = 832kB', '222 pages RAM'])
    expect(dump.pageSizeKib).toBe(64)
  })

  it('reads the cgroups and limits of kernels before 5.0, and of cgroup v2', () => {
    const old = parseOomDump([
      'Task in /docker/ab12 killed as a result of limit of /docker',
      'memory: usage 500000kB, limit 500000kB, failcnt 7',
      'memory+swap: usage 1000000kB, limit 1000000kB, failcnt 18',
      'kmem: usage 3884kB, limit 9007199254740988kB, failcnt 0',
      'Memory cgroup stats for /docker: cache:0KB rss:500000KB',
    ])
    expect(old.cgroup).toEqual({
      task: '/docker/ab12',
      oom: '/docker',
      usageKib: 500000,
      limitKib: 500000,
      swapUsageKib: 1000000,
      swapLimitKib: 1000000,
      swapIncludesMemory: true,
    })
    const v2 = parseOomDump([
      'memory: usage 32768kB, limit 32768kB, failcnt 3',
      'swap: usage 0kB, limit 1024kB, failcnt 0',
    ])
    expect(v2.cgroup).toMatchObject({ limitKib: 32768, swapLimitKib: 1024, swapIncludesMemory: false })
  })

  it.each([
    ['3.15 to 3.19', ['Task in /docker/ab12', ' killed as a result of limit of /docker', '']],
    ['a kernel whose pieces became records', ['Task in /docker/ab12', 'killed as a result of limit of ', '/docker']],
  ])('reads the cgroups of %s', (_case, lines) => {
    const { cgroup } = parseOomDump([...lines, 'Memory cgroup stats for /docker: cache:0KB rss:500000KB'])
    expect(cgroup).toEqual({ task: '/docker/ab12', oom: '/docker' })
  })

  it('does not take the processor line of something else for the trigger’s', () => {
    const dump = parseOomDump([
      'tail invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      'CPU: 3 UID: 0 PID: 99 Comm: warner Not tainted 6.0.0 #1',
      'CPU: 0 UID: 0 PID: 12 Comm: tail Not tainted 6.1.0 #1',
    ])
    expect(dump).toMatchObject({ kernelRelease: '6.1.0', trigger: { command: 'tail', pid: 12 } })
  })
})
