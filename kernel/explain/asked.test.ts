import { describe, expect, it } from '@jest/globals'
import { explainAsked } from './asked.ts'
import { announce, factsOf, killOf } from './facts.testkit.ts'

function textsOf(...lines: string[]): string[] {
  return explainAsked(factsOf(lines)).statements.map(({ text }) => text)
}

const CPU = (release: string) => `CPU: 0 PID: 7 Comm: app Not tainted ${release} #1`
const NORMAL = 'Node 0 Normal free:1kB min:1kB low:1kB high:1kB'

describe('explainAsked', () => {
  it('says how many of a group are not listed', () => {
    const facts = factsOf([killOf(7, 'app', 4_000)])
    const { statements } = explainAsked({ ...facts, oomCase: { ...facts.oomCase, moreVictims: 11 } })
    expect(statements.at(-1)?.text).toBe('11 more processes went with them, and are not listed.')
  })

  it('has no name for the asker of a kernel that printed none', () => {
    expect(textsOf('oom-killer: gfp_mask=0xd0, order=0')[0]).toMatch(
      /^A process that the log does not name asked for 1 page \(4 KiB, order 0\)/,
    )
  })

  it('tells command, pid, flags by name, order and its size', () => {
    expect(
      textsOf(
        'app invoked oom-killer: gfp_mask=0x140dc2(GFP_HIGHUSER|__GFP_COMP), order=3, oom_score_adj=0',
        CPU('6.12.0'),
        NORMAL,
      ),
    ).toEqual([
      'app (pid 7) asked for 8 pages (32 KiB, order 3) with GFP_HIGHUSER | __GFP_COMP.',
      'It may use zone Normal and below, and may wait for reclaim.',
      'Nobody was killed: no process could be.',
    ])
  })

  it('says for which kernel it decoded flags that were not printed', () => {
    expect(
      textsOf('app invoked oom-killer: gfp_mask=0x20, order=0, oom_score_adj=0', CPU('3.10.0')).slice(0, 2),
    ).toEqual([
      'app (pid 7) asked for 1 page (4 KiB, order 0) with GFP_ATOMIC (0x20, decoded for 3.10.0).',
      'It may use zone Normal and below, and is atomic: it cannot wait.',
    ])
    expect(textsOf('app invoked oom-killer: gfp_mask=0x50, order=0, oom_score_adj=0')[0]).toBe(
      'app asked for 1 page (4 KiB, order 0) with GFP_NOFS (0x50, decoded as a kernel before 4.6).',
    )
  })

  it('tells what waiting is not allowed', () => {
    const [, zone] = textsOf('app invoked oom-killer: gfp_mask=0xc40(GFP_NOFS), order=0, oom_score_adj=0')
    expect(zone).toBe('It may use zone Normal and below, and may wait for reclaim, but not for filesystems.')
  })

  it('leaves zones aside on a cgroup’s kill', () => {
    const header = 'app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0'
    expect(textsOf(header, announce('CONSTRAINT_MEMCG', 'oom_memcg=/a,task_memcg=/a'))[1]).toBe(
      'It may wait for reclaim.',
    )
  })

  it('tells what the victim held, in bytes and in pages', () => {
    const { killed, statements } = explainAsked(
      factsOf([killOf(7, 'app', 4096, 8192).replace('shmem-rss:0', 'shmem-rss:100')]),
    )
    expect(killed).toMatchObject([{ pid: 7, anonRssPages: 1024, shmemRssPages: 25, residentKib: 4196 }])
    expect(statements.map(({ text }) => text)).toEqual([
      'Who asked is not known: the dump has no header.',
      'app (pid 7, uid 1000) was killed, holding 4 MiB anonymous (1024 pages), 100 KiB shared in 8 MiB of address space.',
    ])
  })

  it('says that a kill line of 2.6 tells no sizes', () => {
    expect(textsOf('Out of memory: Killed process 7 (app).')[1]).toBe(
      'app (pid 7) was killed; the kill line does not say what it held.',
    )
  })

  it('knows a kill that was asked for by hand', () => {
    expect(textsOf('kworker/0:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0')[0]).toBe(
      'kworker/0:1: the killer was called by hand (sysrq f, order −1).',
    )
  })
})
