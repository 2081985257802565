import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CgroupFiles } from '#program/adapters/cgroupFiles.ts'
import { ProcFiles } from '#program/adapters/procFiles.ts'
import { buildKillEvent } from '../../agent/event/build.ts'
import { Foreseer } from '../../agent/event/foreseer.ts'
import { groupReader } from '../../agent/event/groupKill.ts'
import { VictimLocator } from '../../agent/event/victimLocator.ts'
import { isSearch } from '../../agent/event/victimPlace.ts'
import { ProcessScan } from '../../agent/processes/processScan.ts'
import { ProcessTable } from '../../agent/processes/processTable.ts'
import { readMachine } from '../../agent/rank/readTask.ts'
import type { KillEvent } from '../../contract/killEvent.ts'
import { createAssembler } from '../../kernel/event/assembler.ts'
import { parseKmsgRecord } from '../../kernel/kmsg/record.ts'
import { bootGuest, type Guest } from '../cluster/vm/guest.ts'
import { KERNEL_SERIES } from '../cluster/vm/kernel.ts'
import { SHELL } from '../cluster/vm/kills/kill.ts'
import { GuestSnapshot } from '../support/guestSnapshot.ts'

const SMALL = { memoryMib: 256, cgroup: 'v2' } as const
const log = (line: string): void => console.log(line)

const podUid = randomUUID()
const [APP, SIDECAR] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
const POD = `kubepods/burstable/pod${podUid}`

/** A pod that dies as a whole, of two containers; in the first one is another cgroup, as systemd makes them. */
const MAKE_POD = `${SHELL}
mkdir -p ${POD}/${APP}/inner ${POD}/${SIDECAR} ${POD}/fill
for folder in . kubepods kubepods/burstable ${POD} ${POD}/${APP}; do echo +memory > $folder/cgroup.subtree_control; done
echo 96M > ${POD}/memory.max
echo 1 > ${POD}/memory.oom.group
IN=${POD}/${APP}/inner start app 30
IN=${POD}/${APP}/inner start helper 5
IN=${POD}/${SIDECAR} start sidecar 10
for name in app helper sidecar; do holds $name; done`

/** Memory that no process has: nobody's points change before the kernel chooses. */
const FILL_POD = `${SHELL}
mkdir -p /scratch
mount -t tmpfs -o size=100% scratch /scratch
( echo 0 > ${POD}/fill/cgroup.procs; echo 0 > /proc/self/oom_score_adj; exec dd if=/dev/zero of=/scratch/fill bs=64k ) &
while [ -n "$(cat ${POD}/${SIDECAR}/cgroup.procs)" ]; do sleep 0.1; done
umount -l /scratch
sleep 1`

/** What the agent would have told, with the processes as they were before. */
async function tell(snapshot: GuestSnapshot, kmsg: string): Promise<KillEvent[]> {
  const files = new ProcFiles(snapshot.proc)
  const cgroups = new CgroupFiles(snapshot.cgroupRoot)
  const table = new ProcessTable()
  const scannedAtMs = performance.now()
  const endTurn = () => Promise.resolve()
  await new ProcessScan(table, { files, endTurn, monotonicMs: () => scannedAtMs }).run()
  const readClock = () => ({ monotonicMs: performance.now(), bootTicks: 1e9 })
  const ports = { table, files, cgroups, readClock, machine: readMachine(files), seesKernelPids: true }
  // After the kills nothing is to be read of them any more.
  const gone = { listPids: () => [], listThreads: () => [], readText: () => undefined, readRecord: () => undefined }
  const counters = {
    explain: () => undefined,
    find: () => ({ cgroupPath: undefined, isOver: true }),
    look: () => undefined,
    grown: [],
    hasUnexplained: () => true,
  }
  const locator = new VictimLocator({
    ...ports,
    files: gone,
    counters,
    newborn: { find: () => undefined },
    onKill: () => undefined,
  })
  const events: KillEvent[] = []
  const assembler = createAssembler((outcome) => {
    const found = locator.locate(outcome, scannedAtMs + 1_000)
    events.push(
      buildKillEvent(outcome, isSearch(found) ? undefined : found, {
        node: 'node-a',
        bootId: randomUUID(),
        source: 'kmsg',
        pageSizeKib: 4,
        killedAt: { wallMs: Date.now(), monotonicUsec: (scannedAtMs + 1_000) * 1_000 },
        readLive: () => undefined,
        rankDomain: () => undefined,
        readGroup: groupReader(cgroups),
        readContext: () => undefined,
        foresee: new Foreseer(ports).foresee,
      }),
    )
  })
  for (const line of kmsg.split('\n')) {
    const record = parseKmsgRecord(line)
    if (record.failure === undefined) assembler.push(record)
  }
  return events
}

describe.each(KERNEL_SERIES)('whose kills they were when a pod of cgroup v2 dies as a whole, on %s', (series) => {
  let guest: Guest

  beforeAll(async () => {
    guest = await bootGuest(series, SMALL, log)
  }, 120_000)

  afterAll(() => guest.dispose())

  it('is told for each of its containers, with the group, and as was foreseen', async () => {
    await guest.run(MAKE_POD)
    const snapshot = await GuestSnapshot.take(guest)
    try {
      const events = await tell(snapshot, await guest.recordKmsg(FILL_POD))
      const placeOf = (command: string) => events.find(({ victim }) => victim?.command === command)?.attribution
      const inner = { cgroupPath: `/${POD}/${APP}/inner`, podUid, containerId: APP }
      expect(placeOf('app')).toMatchObject({ ...inner, source: 'dump' })
      expect(placeOf('helper')).toMatchObject({ ...inner, source: 'cache' })
      expect(placeOf('sidecar')).toMatchObject({ podUid, containerId: SIDECAR, source: 'cache' })

      const [first, ...others] = events
      const group = `/${POD}`
      expect(first).toMatchObject({ victim: { command: 'app' }, scope: 'PodLimit' })
      expect(first?.groupKill).toEqual({ cgroupPath: group, source: 'setting' })
      for (const { groupKill } of others) expect(groupKill).toEqual({ cgroupPath: group, source: 'line' })
      expect(first?.foresight).toMatchObject({ cgroupPath: group, outcome: 'hit', victimRank: 1 })
      expect(first?.foresight?.candidates.map(({ command }) => command)).toEqual(['app', 'sidecar', 'helper'])
      expect(others.every(({ foresight }) => foresight === undefined)).toBe(true)
    } finally {
      snapshot.remove()
    }
  }, 120_000)
})
