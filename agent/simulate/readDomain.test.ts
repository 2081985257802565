import { describe, expect, it } from '@jest/globals'
import { fakeProc, type FakeProcess } from '../rank/fakeProc.testkit.ts'
import { readDomain } from './readDomain.ts'
import { simulateKills } from './simulation.ts'

const MIB = 1024
const POD = '/kubepods/pod1'

const PROCESSES: readonly FakeProcess[] = [
  { pid: 10, oomScore: 700, rssKib: 60 * MIB, cgroup: `${POD}/a` },
  { pid: 11, oomScore: 690, rssKib: 20 * MIB, cgroup: `${POD}/a` },
  { pid: 12, oomScore: 680, rssKib: 40 * MIB, cgroup: `${POD}/b`, oomScoreAdj: 100 },
  { pid: 13, oomScore: 720, rssKib: 90 * MIB },
  { pid: 14, oomScore: 0, command: 'sshd', oomScoreAdj: -1000 },
  { pid: 15, oomScore: 666, rssKib: null },
]

type Files = Readonly<Record<string, string>>

function nodeWith(cgroupFiles: Files, procFiles: Files = {}) {
  const proc = fakeProc(PROCESSES)
  return {
    files: { ...proc, readText: (path: string) => procFiles[path] ?? proc.readText(path) },
    cgroups: { readText: (path: string) => cgroupFiles[path] },
    endTurn: () => Promise.resolve(),
  }
}

const limited = (path: string, mib: number): Files => ({
  [`${path}/memory.max`]: `${mib * MIB * 1024}\n`,
  [`${path}/memory.swap.max`]: 'max\n',
  [`${path}/memory.current`]: `${MIB}\n`,
})
const unlimited = (path: string): Files => ({ [`${path}/memory.max`]: 'max\n' })

async function pidsIn(cgroupPath: string | undefined, files: Files): Promise<number[]> {
  const scope = cgroupPath === undefined ? ({ kind: 'node' } as const) : ({ kind: 'cgroup', path: cgroupPath } as const)
  const { domain } = await readDomain(nodeWith(files), scope)
  return simulateKills(domain, undefined).kills.flatMap(({ victim, others }) =>
    [victim, ...others].map(({ pid }) => pid),
  )
}

describe('readDomain', () => {
  it('takes all of the machine, with scores as shares of its RAM and swap', async () => {
    // 100 of 1000 of 1 GiB are 102 MiB.
    expect(await pidsIn(undefined, {})).toEqual([12, 13, 10, 11])
  })

  it('takes a cgroup at its own limit', async () => {
    expect(await pidsIn(`${POD}/a`, limited(`${POD}/a`, 100))).toEqual([10, 11])
  })

  it('takes all below the ancestor whose limit is hit first, where a cgroup has none', async () => {
    const files = { ...unlimited(`${POD}/a`), ...limited(POD, 200) }
    expect(await pidsIn(`${POD}/a`, files)).toEqual([10, 12, 11])
    const { askedPath, limitPath, limitKib } = await readDomain(nodeWith(files), { kind: 'cgroup', path: `${POD}/a` })
    expect({ askedPath, limitPath, limitKib }).toEqual({
      askedPath: `${POD}/a`,
      limitPath: POD,
      limitKib: 200 * MIB,
    })
  })

  it('takes all of the machine where no limit covers a cgroup', async () => {
    const { domain, limitPath, facts } = await readDomain(nodeWith({}), { kind: 'cgroup', path: POD })
    expect({ limitPath, isNode: facts.isNode, count: domain.tasks.length }).toEqual({
      limitPath: undefined,
      isNode: true,
      count: 5,
    })
  })

  it('takes a group as a whole, up to the limit’s cgroup and no further', async () => {
    const group = { [`${POD}/a/memory.oom.group`]: '1\n', '/kubepods/memory.oom.group': '1\n' }
    expect(await pidsIn(POD, { ...limited(POD, 200), ...group })).toEqual([10, 11, 12])
    // Out of the machine’s memory, the highest ancestor that asks for it counts.
    expect(await pidsIn(undefined, group)).toEqual([12, 10, 11, 13])
  })

  it('tells what the node is set to, who is never in line and whose memory is unknown', async () => {
    const sysctls = { 'sys/vm/panic_on_oom': '1\n', 'sys/vm/oom_kill_allocating_task': '0\n' }
    const { facts } = await readDomain(nodeWith({}, sysctls), { kind: 'node' })
    expect(facts).toMatchObject({
      panicOnOom: 1,
      oomKillAllocatingTask: 0,
      neverChosen: { protectedCount: 1, protectedCommands: ['sshd'] },
      unknownCount: 1,
    })
  })

  it('says when nobody is there', async () => {
    await expect(readDomain(nodeWith({}), { kind: 'cgroup', path: '/none' })).rejects.toMatchObject({
      code: 'ScopeEmpty',
    })
  })
})
