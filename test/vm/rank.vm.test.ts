import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootGuest, type Guest } from '../cluster/vm/guest.ts'
import { SHELL } from '../cluster/vm/kills/kill.ts'
import { INSIDE, packGuestPrograms } from '../support/guestPrograms.ts'

/** Node.js and what it takes, in memory, are 200 MiB of it. */
const MACHINE = { memoryMib: 640, cgroup: 'v2' } as const
const log = (line: string): void => console.log(line)

const podUid = randomUUID()
const [APP, SIDECAR] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
const SLICE = `kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${podUid.replaceAll('-', '_')}.slice`

/** As containerd and systemd name them; the pod dies by its own limit, one container of it as a whole. */
const MAKE_POD = `${SHELL}
mkdir -p ${SLICE}/cri-containerd-${APP}.scope ${SLICE}/cri-containerd-${SIDECAR}.scope ${SLICE}/fill
for folder in . kubepods.slice kubepods.slice/kubepods-burstable.slice ${SLICE}; do echo +memory > $folder/cgroup.subtree_control; done
echo 96M > ${SLICE}/memory.max
echo 1 > ${SLICE}/cri-containerd-${APP}.scope/memory.oom.group
IN=${SLICE}/cri-containerd-${APP}.scope start web 24
IN=${SLICE}/cri-containerd-${APP}.scope start helper 4
IN=${SLICE}/cri-containerd-${SIDECAR}.scope ADJ=100 start proxy 8
start host 12
for name in web helper proxy host; do holds $name; done`

/** Memory that no process has: nobody's points change before the kernel chooses. */
const FILL_POD = `${SHELL}
mkdir -p /scratch
mount -t tmpfs -o size=100% scratch /scratch
( echo 0 > ${SLICE}/fill/cgroup.procs; echo 0 > /proc/self/oom_score_adj; exec dd if=/dev/zero of=/scratch/fill bs=64k ) &
until grep -q '^oom_kill [1-9]' /proc/vmstat; do sleep 0.1; done
kill -9 $!
umount -l /scratch
sleep 1`

interface Row {
  pid: number
  command: string
  oomScoreAdj: number
  podUid?: string
  containerId?: string
  freesKib: number
}

interface Ranking {
  processCount: number
  groupKillPath?: string
  domain: { cgroupPath?: string; limitKib?: number }
  candidates: Row[]
  unseen: string[]
}

describe('oomkeeper rank on a machine with cgroup v2', () => {
  let guest: Guest
  const rank = (flags: string) => guest.run(`node /${INSIDE}/dist/cli.mjs rank ${flags}`)
  const ranking = async (flags: string) => JSON.parse(await rank(`${flags} --output json`)) as Ranking

  beforeAll(async () => {
    guest = await bootGuest('6.12', MACHINE, log, {
      files: packGuestPrograms(['cli.mjs', 'cli-rank.cjs', 'cli-rank.cjs.cache']),
    })
    await guest.run(MAKE_POD)
  }, 120_000)

  afterAll(() => guest.dispose())

  it('ranks all of it, with pod and container, and leaves itself out', async () => {
    const { candidates, unseen } = await ranking('--top 100')
    const rowOf = (name: string) => candidates.find(({ command }) => command === name)
    expect(rowOf('web')).toMatchObject({ podUid, containerId: APP })
    expect(rowOf('proxy')).toMatchObject({ podUid, containerId: SIDECAR, oomScoreAdj: 100 })
    expect(rowOf('host')?.podUid).toBeUndefined()
    expect(candidates.map(({ command }) => command)).not.toContain('MainThread')
    expect(unseen).toEqual([])
    expect(await rank('--top 100')).toMatch(/^OOM_SCORE +ADJ .* COMMAND +POD +CONTAINER\n/)
  }, 60_000)

  it('ranks one container and one cgroup by their own', async () => {
    const container = await ranking(`--container ${SIDECAR.slice(0, 12)}`)
    expect(container).toMatchObject({ processCount: 1, candidates: [{ command: 'proxy' }] })
    const cgroup = await ranking(`--cgroup /${SLICE}/cri-containerd-${APP}.scope`)
    expect(cgroup.candidates.map(({ command }) => command)).toEqual(['web', 'helper'])
    // It has no limit of its own: the pod's covers it.
    expect(cgroup.domain).toMatchObject({ limitKib: 96 * 1024 })
  }, 60_000)

  it('ranks a pod as the kernel then does', async () => {
    const { candidates, groupKillPath, domain } = await ranking(`--pod ${podUid}`)
    expect(domain).toMatchObject({ cgroupPath: `/${SLICE}`, limitKib: 96 * 1024 })
    expect(groupKillPath).toBe(`/${SLICE}/cri-containerd-${APP}.scope`)
    expect(candidates.map(({ command }) => command)).toEqual(['web', 'proxy', 'helper'])
    for (const { freesKib } of candidates) expect(freesKib).toBeGreaterThan(0)
    const kmsg = await guest.recordKmsg(FILL_POD)
    const [victim] = [...kmsg.matchAll(/Killed process (\d+) /g)].map(([, pid]) => Number(pid))
    expect(victim).toBe(candidates[0]?.pid)
  }, 120_000)
})
