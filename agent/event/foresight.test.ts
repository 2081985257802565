import { describe, expect, it } from '@jest/globals'
import { foresight as schema } from '#contract/killContext.ts'
import type { OomDump, OomTask } from '#kernel/dump/oomDump.ts'
import type { KnownProcess } from '../processes/knownProcess.ts'
import { resolveForesight, type Choice } from './foresight.ts'

const NOW_MS = Date.UTC(2026, 10, 23)
const POD_UID = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const ID = 'ab'.repeat(32)
const HERE = `/kubepods/burstable/pod${POD_UID}/${ID}`

function processOf(pid: number, rssMib: number, changes: Partial<KnownProcess> = {}): KnownProcess {
  const rssKib = rssMib * 1024
  return {
    pid,
    startTicks: pid,
    command: `p${pid}`,
    parentPid: 1,
    uid: 0,
    oomScoreAdj: 0,
    rssPages: rssKib / 4,
    memory: {
      vmSizeKib: 0,
      rssKib,
      anonRssKib: rssKib - 1024,
      fileRssKib: 1024,
      shmemRssKib: 0,
      swapKib: 8,
      pgtablesKib: 40,
    },
    memoryRssPages: rssKib / 4,
    cgroupPath: HERE,
    isCgroupSettled: true,
    threads: undefined,
    firstSeenMs: NOW_MS - 60_000,
    seenAtMs: NOW_MS - 1_500,
    ...changes,
  }
}

/** The kernel's own row at the kill. */
function rowOf(pid: number, rssMib: number, oomScoreAdj = 0): OomTask {
  const [uid, totalVmPages, swapPages, pgtablesBytes] = [0, 0, 2, 40_960]
  return {
    pid,
    tgid: pid,
    uid,
    totalVmPages,
    rssPages: rssMib * 256,
    swapPages,
    pgtablesBytes,
    oomScoreAdj,
    command: `p${pid}`,
  }
}

const dumpOf = (...tasks: OomTask[]): OomDump => ({ cgroup: { oom: HERE, task: HERE }, tasks, memoryLines: [] })

const [BIG, SMALL] = [processOf(10, 60), processOf(11, 20)]

/** The kernel took process 10, which had most. */
function choiceOf(changes: Partial<Choice> = {}): Choice {
  return {
    victim: { pid: 10, command: 'p10' },
    killedAtMs: NOW_MS,
    known: BIG,
    cgroupPath: HERE,
    inLine: [SMALL, BIG],
    totalKib: 100 * 1024,
    machine: { kernelRelease: '6.18.44', pageSizeKib: 4, totalKib: 1024 * 1024, swapTotalKib: 0 },
    dump: undefined,
    takesAllocatingTask: false,
    isAlive: () => true,
    ...changes,
  }
}

/** The kernel took process 11, though process 10 was foreseen. */
const otherOf = (changes: Partial<Choice> = {}): Choice =>
  choiceOf({ victim: { pid: 11, command: 'p11' }, known: SMALL, ...changes })

describe('resolveForesight', () => {
  it('tells who was in line before the kill, in the kernel’s order, and that it chose as was foreseen', () => {
    const foresight = resolveForesight(choiceOf())
    expect(foresight).toEqual({
      cgroupPath: HERE,
      ageMs: 1_500,
      processCount: 2,
      candidates: [
        {
          pid: 10,
          command: 'p10',
          podUid: POD_UID,
          containerId: ID,
          rssKib: 61_440,
          anonRssKib: 60_416,
          fileRssKib: 1_024,
          shmemRssKib: 0,
          swapKib: 8,
          pgtablesKib: 40,
          oomScoreAdj: 0,
          oomScore: 705,
          badnessKib: 61_488,
        },
        expect.objectContaining({ pid: 11, badnessKib: 20_528 }),
      ],
      victimRank: 1,
      outcome: 'hit',
      missReason: undefined,
    })
    expect(schema.safeParse(foresight).success).toBe(true)
  })

  it('weighs oom_score_adj as a share of the domain’s memory', () => {
    const raised = processOf(11, 20, { oomScoreAdj: 500 })
    const { candidates } = resolveForesight(choiceOf({ inLine: [raised, BIG] }))
    expect(candidates.map(({ pid, badnessKib }) => [pid, badnessKib])).toEqual([
      [11, 20_528 + 500 * 25 * 4],
      [10, 61_488],
    ])
  })

  it('foresees the last of equals, as the kernel takes it', () => {
    const twins = [processOf(12, 20), processOf(13, 20)]
    expect(resolveForesight(choiceOf({ inLine: twins })).candidates[0]?.pid).toBe(13)
    // Pids go round in a circle: the younger may have the lower one.
    const around = [processOf(12, 20, { startTicks: 900 }), processOf(900, 20, { startTicks: 5 })]
    expect(resolveForesight(choiceOf({ inLine: around })).candidates[0]?.pid).toBe(12)
  })

  it('leaves out what cannot be killed, and knows the victim by its process though the line names a thread', () => {
    const exempt = processOf(12, 90, { oomScoreAdj: -1000 })
    const ended = processOf(13, 0, { memory: undefined, rssPages: 0 })
    const foresight = resolveForesight(choiceOf({ inLine: [exempt, ended, BIG], victim: { pid: 99, command: 't' } }))
    expect(foresight).toMatchObject({ outcome: 'hit', candidates: [{ pid: 10 }], processCount: 3 })
  })

  it.each<[string, Partial<Choice>]>([
    ['unseen', { known: undefined }],
    ['moved', { inLine: [BIG] }],
    ['exempt', { known: processOf(11, 20, { oomScoreAdj: -1000 }), inLine: [BIG] }],
    ['allocatingTask', { takesAllocatingTask: true }],
    ['gone', { dump: dumpOf(rowOf(11, 20)) }],
    ['gone', { isAlive: ({ pid }) => pid !== 10 }],
    ['exempt', { dump: dumpOf(rowOf(11, 20), rowOf(10, 60, -1000)) }],
    ['grew', { dump: dumpOf(rowOf(11, 70), rowOf(10, 60)) }],
    ['grew', { victim: { pid: 11, command: 'p11', anonRssKib: 69 * 1024, fileRssKib: 1024, shmemRssKib: 0 } }],
    ['equal', { inLine: [processOf(11, 60), processOf(12, 60)], known: processOf(11, 60) }],
    ['unknown', { dump: dumpOf(rowOf(11, 21), rowOf(10, 60)) }],
    ['shrank', { dump: dumpOf(rowOf(11, 21), rowOf(10, 15)) }],
    ['equal', { dump: dumpOf(rowOf(11, 21), rowOf(10, 21)) }],
    ['untold', {}],
  ])('explains a miss: %s', (missReason, changes) => {
    expect(resolveForesight(otherOf(changes))).toMatchObject({ outcome: 'miss', missReason })
  })

  it('says where the victim stood', () => {
    expect(resolveForesight(otherOf())).toMatchObject({ victimRank: 2 })
    expect(resolveForesight(otherOf({ known: undefined, inLine: [BIG] }))).not.toMatchObject({
      victimRank: expect.anything(),
    })
  })

  it('has foreseen nobody where nobody was known', () => {
    const nobody = { processCount: 0, candidates: [], outcome: 'miss', missReason: 'unseen' }
    expect(resolveForesight(choiceOf({ inLine: [], known: undefined }))).toMatchObject(nobody)
  })
})
