import { spawnSync, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { nextSequence, readKills } from '../support/kernelLog.ts'
import { MemcgLine } from '../support/memcgLine.ts'

const LIMIT_MIB = 128

let line: MemcgLine | undefined

afterEach(async () => {
  await line?.remove()
  line = undefined
})

interface Report {
  reached: boolean
  kills: { victim: { pid: number } }[]
  with?: { kills: { victim: { pid: number } }[] }
}

function simulate(path: string, ...args: readonly string[]) {
  const command = resolve(import.meta.dirname, '../../bin/oomkeeper')
  const { status, stdout, stderr } = spawnSync(command, ['simulate', '--cgroup', path, '--output', 'json', ...args], {
    encoding: 'utf8',
  })
  if (stdout === '') throw new Error(`expected a simulation, got: ${stderr}`)
  const report = JSON.parse(stdout) as Report
  return { status, report, pids: pidsOf(report.kills) }
}

function pidsOf(kills: Report['kills']): number[] {
  return kills.map(({ victim }) => victim.pid)
}

/** MiB and oom_score_adj; it can be raised without CAP_SYS_RESOURCE. */
const LINES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  'by memory alone': [
    [9, 0],
    [30, 0],
    [6, 0],
    [22, 0],
    [15, 0],
    [12, 0],
  ],
  // 100 are 12.8 MiB of the limit: 24, 20.8, 42.8, 29.6, 12, 26.4 and 16.2.
  'by memory and score': [
    [24, 0],
    [8, 100],
    [30, 100],
    [4, 200],
    [12, 0],
    [20, 50],
    [6, 80],
  ],
  'by score against memory': [
    [2, 1000],
    [5, 700],
    [12, 400],
    [30, 100],
    [40, 0],
  ],
}

/** Starts such a line. `run` lets its memory run out and tells in which order the kernel took them. */
async function start(given: readonly (readonly [number, number])[]) {
  const cgroup = (line = new MemcgLine(`oomkeeper-simulate-${process.pid}`, LIMIT_MIB))
  const processes: ChildProcess[] = []
  for (const [mib, adj] of given) processes.push(await cgroup.hold(mib, adj))
  const own = new Set(processes.map(({ pid }) => pid))
  const run = async (): Promise<number[]> => {
    const before = nextSequence()
    await cgroup.fillUntilGone(processes)
    return readKills(before).flatMap(({ pid }) => (own.has(pid) ? [pid] : []))
  }
  return { path: cgroup.path, processes, run }
}

describe('oomkeeper simulate, held against the kernel’s kills in a cgroup', () => {
  it.each(Object.entries(LINES))(
    'tells the order in which the kernel takes all of them: %s',
    async (_name, given) => {
      const { path, run } = await start(given)
      const { pids, status } = simulate(path)
      expect(pids).toHaveLength(given.length)
      expect(status).toBe(0)
      expect(await run()).toEqual(pids)
    },
    60_000,
  )

  it('tells what another score changes: the kernel does the same once it is written', async () => {
    const { path, processes, run } = await start(LINES['by memory and score'] ?? [])
    const [first, second] = [processes[0]?.pid, processes[4]?.pid]
    const { report, pids } = simulate(path, '--with', `${first}=500,${second}=90`)
    const predicted = pidsOf(report.with?.kills ?? [])
    expect(new Set(predicted)).toEqual(new Set(pids))
    expect(predicted).not.toEqual(pids)
    writeFileSync(`/proc/${first}/oom_score_adj`, '500')
    writeFileSync(`/proc/${second}/oom_score_adj`, '90')
    expect(await run()).toEqual(predicted)
  }, 60_000)

  it('says when all of them are not enough', async () => {
    const { path } = await start([[4, 0]])
    expect(simulate(path, '--until', '2Mi')).toMatchObject({ status: 0, report: { reached: true, kills: [{}] } })
    expect(simulate(path, '--until', '1Gi')).toMatchObject({ status: 1, report: { reached: false } })
  }, 60_000)
})
