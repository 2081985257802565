import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { eventsOf } from './logEvents.testkit.ts'

function readDump(name: string): string {
  return readFileSync(new URL(`../../test/fixtures/dumps/${name}`, import.meta.url), 'utf8')
}

/** Fields of `dump` that are lists are told by their lengths, but for what is worth seeing. */
function described(name: string) {
  const [event, ...others] = eventsOf(readDump(name))
  expect(others).toEqual([])
  const { rawLines, dump, ...rest } = event ?? { rawLines: [], dump: undefined }
  const { tasks, memoryLines, slabLines, ...fields } = dump ?? { tasks: [], memoryLines: [], slabLines: [] }
  return { ...rest, rawLines: rawLines.length, dump: fields, tasks, memoryLines, slabLines }
}

describe('the saved dumps', () => {
  it('reads every field of the 2.6.32 dump', () => {
    const { tasks, memoryLines, ...event } = described('2.6.32-el6-slab-leak.log')
    expect(event).toEqual({
      outcome: 'killed',
      victims: [{ pid: 20557, command: 'haproxy', uid: 188, totalVmKib: 8560500, anonRssKib: 12468, fileRssKib: 264 }],
      message: 'Out of memory',
      kernelRelease: '2.6.32-279.19.1.el6.x86_64',
      missing: [],
      line: 1,
      stamp: 'Nov 24 19:52:22',
      monotonicUsec: undefined,
      rawLines: 160,
      slabLines: [],
      dump: {
        kernelRelease: '2.6.32-279.19.1.el6.x86_64',
        trigger: {
          command: 'dsm_sa_datamgrd',
          pid: 4917,
          gfpMask: '0x201da',
          order: 0,
          oomScoreAdj: 0,
          oomAdj: 0,
        },
        memsAllowed: '0-1',
        cgroup: {},
        ramPages: 4194303,
        reservedPages: 115262,
        swapTotalKib: 32767992,
        swapFreeKib: 25878484,
        pageSizeKib: 4,
      },
    })
    expect(tasks).toHaveLength(33)
    expect(tasks[0]).toEqual({
      pid: 624,
      tgid: 624,
      uid: 0,
      totalVmPages: 2763,
      rssPages: 0,
      oomScoreAdj: -1000,
      oomAdj: -17,
      command: 'udevd',
    })
    expect(tasks.reduce((sum, { rssPages }) => sum + rssPages, 0)).toBe(4311)
    expect(memoryLines.filter((line) => / free:\d+kB/.test(line)).map((line) => line.split(' free:')[0])).toEqual([
      'Node 0 Normal',
      'Node 1 DMA',
      'Node 1 DMA32',
      'Node 1 Normal',
    ])
    expect(memoryLines).toHaveLength(95)
    expect(memoryLines).toContain('free:19262 slab_reclaimable:94836 slab_unreclaimable:3898229')
  })

  it('reads every field of the 3.10 dump, its broken lines whole', () => {
    const { tasks, memoryLines, ...event } = described('3.10-el7-java.log')
    expect(event).toEqual({
      outcome: 'killed',
      victims: [{ pid: 5424, command: 'java', totalVmKib: 147654756, anonRssKib: 6151080, fileRssKib: 0 }],
      message: 'Out of memory',
      missing: ['processor'],
      line: 1,
      stamp: 'Jun  4 17:19:10',
      rawLines: 61,
      slabLines: [],
      dump: {
        trigger: { command: 'AliYunDun', gfpMask: '0x201da', order: 0, oomScoreAdj: 0 },
        memsAllowed: '0',
        cgroup: {},
        ramPages: 2097151,
        reservedPages: 94167,
        swapTotalKib: 0,
        swapFreeKib: 0,
        pageSizeKib: 4,
      },
    })
    expect(tasks).toHaveLength(36)
    expect(tasks.find(({ pid }) => pid === 5424)).toEqual({
      pid: 5424,
      tgid: 5424,
      uid: 1000,
      totalVmPages: 36913689,
      rssPages: 1537770,
      nrPtesPages: 66407,
      swapPages: 0,
      oomScoreAdj: 0,
      command: 'java',
    })
    const zones = memoryLines.filter((line) => / free:\d+kB/.test(line))
    expect(zones).toHaveLength(3)
    for (const zone of zones)
      expect(zone).toMatch(/free:.* high:\d+kB active_anon:.* present:.*all_unreclaimable\? yes$/)
    expect(memoryLines).toHaveLength(20)
  })
})
