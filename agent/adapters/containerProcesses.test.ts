import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { ObservedContainer } from '../adjust/target.ts'
import { ContainerProcesses } from './containerProcesses.ts'

const POD = '7a1f0c52-4f0b-4b1e-9d55-0c6a1b2c3d4e'
const [A, B] = ['a'.repeat(64), 'b'.repeat(64)]
const [POD_FOLDER, OTHER_POD] = [`kubepods/burstable/pod${POD}`, `kubepods/pod${POD.replace('7', '8')}`]

/** Folders and files as the kernel has them, in a folder of the test's own. */
let root: string
let changed: Set<string>
let watched: string[]
let processes: ContainerProcesses

const place = (path: string): string => join(root, 'cgroup', path)

function putContainer(path: string, pids: readonly number[]): void {
  mkdirSync(place(path), { recursive: true })
  writeFileSync(join(place(path), 'cgroup.procs'), pids.map((pid) => `${pid}\n`).join(''))
}

function putProcess(pid: number, score: number, { startTicks = pid * 10, name = 'app' } = {}): void {
  const folder = join(root, 'proc', String(pid))
  mkdirSync(folder, { recursive: true })
  const rest = Array.from({ length: 48 }, (_, at) => (at === 17 ? startTicks : 0)).join(' ')
  writeFileSync(join(folder, 'stat'), `${pid} (sleep) S 1 ${rest}\n`)
  writeFileSync(join(folder, 'oom_score_adj'), `${score}\n`)
  const source = `/var/lib/kubelet/pods/${POD}/containers/${name}/0a1b2c3d`
  writeFileSync(join(folder, 'mountinfo'), `1 2 0:1 ${source} /dev/termination-log rw - ext4 /dev/root rw\n`)
}

const look = (extent: 'all' | ReadonlySet<string> = 'all', chosenPodUids = new Set<string>()): ObservedContainer[] =>
  processes.observe({ containerIds: new Set(), podUids: new Set([POD]), chosenPodUids }, extent)

/** Until it is every container's turn to be read whole. */
const lookForAMinute = (): ObservedContainer[] => Array.from({ length: 30 }, () => look()).at(-1) ?? []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'oomkeeper-cgroup-'))
  changed = new Set()
  watched = []
  mkdirSync(join(root, 'cgroup'))
  const nests = {
    watch: (folders: readonly string[]) => void (watched = [...folders]),
    watchAlso: (folders: readonly string[]) => void watched.push(...folders),
    isWatched: (folder: string) => watched.includes(folder),
    takeChanged: () => {
      const taken = changed
      changed = new Set()
      return taken
    },
  }
  processes = new ContainerProcesses(join(root, 'proc'), join(root, 'cgroup'), nests)
  putContainer(`${POD_FOLDER}/${A}`, [1])
  putProcess(1, 0)
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('ContainerProcesses', () => {
  it('finds the containers of wanted pods, with the processes in and below their cgroups, and no others', () => {
    putContainer(`${POD_FOLDER}/${A}/init.scope`, [2])
    putProcess(2, 30)
    putContainer(`${OTHER_POD}/${B}`, [1])
    expect(look()).toEqual([
      {
        containerId: A,
        podUid: POD,
        name: 'app',
        cgroup: `/${POD_FOLDER}/${A}`,
        processes: [
          { pid: 1, startTicks: 10, oomScoreAdj: 0, command: 'sleep' },
          { pid: 2, startTicks: 20, oomScoreAdj: 30, command: 'sleep' },
        ],
      },
    ])
    expect(watched).toEqual(['kubepods', 'kubepods/burstable', POD_FOLDER].map(place))
  })

  it('has the same object for a container in which nothing has changed, and another one by the third look when something has', () => {
    const [before] = look()
    expect(look()[0]).toBe(before)
    putProcess(1, 500)
    const after = [look(), look(), look()].at(-1)?.[0]
    expect(after?.processes[0]?.oomScoreAdj).toBe(500)
    putProcess(2, 500)
    putContainer(`${POD_FOLDER}/${A}`, [1, 2])
    expect(look()[0]?.processes).toHaveLength(2)
    putContainer(`${POD_FOLDER}/${A}`, [2])
    expect(look()[0]?.processes.map(({ pid }) => pid)).toEqual([2])
  })

  it('reads all of a process anew once a minute: another one may have its pid and its score', () => {
    const [before] = look()
    expect(lookForAMinute()[0]).toBe(before)
    putProcess(1, 0, { startTicks: 77 })
    expect(look()[0]?.processes[0]?.startTicks).toBe(10)
    expect(lookForAMinute()[0]?.processes[0]?.startTicks).toBe(77)
  })

  it('reads all of a process anew each time where it is chosen by what it is', () => {
    const [before] = look('all', new Set([POD]))
    expect(look('all', new Set([POD]))[0]).toBe(before)
    putProcess(1, 0, { startTicks: 77 })
    expect(look('all', new Set([POD]))[0]?.processes[0]?.startTicks).toBe(77)
  })

  it('looks at so many containers of a large node in one sweep, and at the others in the next ones', () => {
    const ids = Array.from({ length: 500 }, (_, at) => at.toString(16).padStart(64, '0'))
    for (const id of ids) putContainer(`${POD_FOLDER}/${id}`, [1])
    const before = look()
    putProcess(2, 0)
    for (const id of ids) putContainer(`${POD_FOLDER}/${id}`, [1, 2])
    const known = () => look().filter(({ processes: { length } }) => length === 2).length
    const counts = [known(), known(), known()]
    expect(before).toHaveLength(501)
    expect(counts[0]).toBeLessThan(200)
    expect(counts.at(-1)).toBe(500)
  })

  it('reads nothing of a sandbox that is as it was, before a minute has passed', () => {
    putContainer(`${POD_FOLDER}/${B}`, [2])
    putProcess(2, 0)
    rmSync(join(root, 'proc/2/mountinfo'))
    const sandbox = () => look().find(({ containerId }) => containerId === B)
    const before = sandbox()
    putContainer(`${POD_FOLDER}/${B}`, [])
    expect(sandbox()).toBe(before)
    expect(lookForAMinute().find(({ containerId }) => containerId === B)?.processes).toEqual([])
  })

  it('knows what it has written with the next look', () => {
    const [before] = look()
    writeFileSync(join(root, 'proc/1/cgroup'), `5:memory:/${POD_FOLDER}/${A}\n`)
    const [process] = before?.processes ?? []
    expect(process && processes.write(A, process, 500)).toEqual({ kind: 'written' })
    expect(look()[0]?.processes[0]?.oomScoreAdj).toBe(500)
  })

  it('looks only at what has come to be, and at those that it is told to look at again', () => {
    look()
    putContainer(`${POD_FOLDER}/${B}`, [2])
    expect(look(new Set())).toEqual([])
    changed.add(place(`${POD_FOLDER}/${B}`))
    expect(look(new Set())).toMatchObject([{ containerId: B, name: undefined, processes: [] }])
    putProcess(2, 0, { name: 'side' })
    expect(look(new Set([B]))).toMatchObject([{ containerId: B, name: 'side', processes: [{ pid: 2 }] }])
  })

  it('finds the containers of a pod that has come to be, and watches it', () => {
    rmSync(place('kubepods'), { recursive: true })
    expect(look()).toEqual([])
    putContainer(`${POD_FOLDER}/${A}`, [1])
    changed.add(place(POD_FOLDER))
    expect(look(new Set())).toMatchObject([{ containerId: A }])
    expect(watched).toEqual([place(POD_FOLDER)])
  })

  it('finds what nobody told it of', () => {
    look()
    putContainer(`${POD_FOLDER}/${B}`, [2])
    putProcess(2, 0)
    expect(
      [look(), look(), look()]
        .at(-1)
        ?.map(({ containerId }) => containerId)
        .toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual([A, B])
    rmSync(place(`${POD_FOLDER}/${A}`), { recursive: true })
    putContainer(`${POD_FOLDER}/${'c'.repeat(64)}`, [1])
    expect(
      lookForAMinute()
        .map(({ containerId }) => containerId[0])
        .toSorted((a = '', b = '') => (a < b ? -1 : 1)),
    ).toEqual(['b', 'c'])
  })

  it('takes what is gone for data', () => {
    look()
    rmSync(place(`${POD_FOLDER}/${A}`), { recursive: true })
    changed.add(place(`${POD_FOLDER}/${A}`))
    expect(look(new Set())).toEqual([])
    putContainer(`${POD_FOLDER}/${B}`, [4_000_000])
    expect(look()).toMatchObject([{ containerId: B, processes: [] }])
  })
})
