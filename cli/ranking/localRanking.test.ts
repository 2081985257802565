import { describe, expect, it } from '@jest/globals'
import type { ProcFiles } from '../../agent/proc/processFiles.ts'
import { fakeProc, type FakeProcess } from '../../agent/rank/fakeProc.testkit.ts'
import { readLocalRanking, type LocalMachine } from './localRanking.ts'
import { parsePodFolders } from './podNames.ts'
import { parseOwners } from './owners.ts'
import { findUnseen } from './unseen.ts'

const KTHREADD: FakeProcess = { pid: 2, oomScore: 0, rssKib: null, isKernelThread: true }
const POD = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const inPod = `/kubepods/pod${POD}/${'ab'.repeat(32)}`

function machineWith(processes: readonly FakeProcess[], texts: Readonly<Record<string, string>> = {}): LocalMachine {
  const proc = fakeProc(processes)
  const files: ProcFiles = { ...proc, readText: (path) => texts[path] ?? proc.readText(path) }
  return {
    files,
    cgroups: { readText: (path) => (path === '/cgroup.procs' ? '' : undefined) },
    endTurn: () => Promise.resolve(),
    mountPoint: '/proc',
    owners: parseOwners('root:x:0:0::/:\ntoor:x:0:0::/:\nbroken\nalice:x:1000:\n'),
    readPodNames: () => parsePodFolders([`shop_web-1_${POD}`, 'shop_web-1', 'a_b_c_d']),
    now: () => new Date(0),
  }
}

const question = { scope: { kind: 'node' }, top: 10, commandLine: false } as const

describe('readLocalRanking', () => {
  it('names users of this machine, but not those of a container', async () => {
    const machine = machineWith([KTHREADD, { pid: 10, oomScore: 700 }, { pid: 11, oomScore: 600, cgroup: inPod }])
    const ranking = await readLocalRanking(machine, question)
    expect(ranking).toMatchObject({ scannedAt: '1970-01-01T00:00:00.000Z', processCount: 3, unseen: [] })
    expect(ranking.candidates.map(({ pid, uid, owner }) => [pid, uid, owner])).toEqual([
      [10, 0, 'root'],
      [11, 0, undefined],
    ])
  })

  it('names pods and containers by what the node itself knows', async () => {
    const mounts = `9 8 8:1 /var/lib/kubelet/pods/${POD}/containers/app/01234567 /dev/termination-log rw - ext4 /dev/a rw\n`
    const machine = machineWith([{ pid: 10, oomScore: 700, cgroup: inPod }], { '10/mountinfo': mounts })
    expect((await readLocalRanking(machine, question)).candidates).toMatchObject([
      { podUid: POD, namespace: 'shop', podName: 'web-1', containerName: 'app' },
    ])
  })

  it('tells a container away from Kubernetes by its id', async () => {
    const scope = `/system.slice/docker-${'cd'.repeat(32)}.scope`
    const { candidates } = await readLocalRanking(machineWith([{ pid: 10, oomScore: 700, cgroup: scope }]), question)
    expect(candidates).toMatchObject([{ podUid: undefined, containerId: 'cd'.repeat(32), owner: undefined }])
  })

  it('reads command lines only where they are asked for', async () => {
    const machine = machineWith([{ pid: 10, oomScore: 700 }], { '10/cmdline': 'sh\0-c\0exit\0' })
    const shown = async (commandLine: boolean) =>
      (await readLocalRanking(machine, { ...question, commandLine })).candidates[0]?.commandLine
    expect(await shown(false)).toBeUndefined()
    expect(await shown(true)).toBe('sh -c exit')
  })
})

describe('findUnseen', () => {
  const mounted = (options: string) =>
    machineWith([], { 'self/mountinfo': `22 27 0:21 / /proc rw shared:5 - proc proc ${options}\n` }).files

  it('has nothing to say where the kernel’s own threads are seen', () => {
    expect(findUnseen(machineWith([KTHREADD]).files, '/proc', true)).toEqual([])
  })

  it.each([
    ['rw,hidepid=invisible', /^Not seen: other users’ processes, which \/proc hides \(hidepid=invisible\)/],
    ['rw,gid=4,hidepid=2', /\(hidepid=2\)/],
    ['rw', /^Not seen: what runs outside of this PID namespace/],
    ['rw,hidepid=0', /^Not seen: what runs outside of this PID namespace/],
  ])('says why others are not: %s', (options, words) => {
    expect(findUnseen(mounted(options), '/proc', true)).toEqual([expect.stringMatching(words)])
  })

  it('takes no other proc file system’s word for it', () => {
    expect(findUnseen(mounted('rw,hidepid=2'), '/host/proc', true)[0]).toContain('PID namespace')
  })

  it('says that limits cannot be read', () => {
    expect(findUnseen(machineWith([KTHREADD]).files, '/proc', false)).toEqual([
      expect.stringContaining('limits of cgroups'),
    ])
  })
})
