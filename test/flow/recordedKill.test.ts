import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pino from 'pino'
import { KmsgRecording } from '../../agent/adapters/kmsgRecording.ts'
import { Agent, type AgentIdentity } from '../../agent/agent.ts'
import { groupInLog } from '../../agent/event/groupKill.ts'
import { locateInLog } from '../../agent/event/victimPlace.ts'
import { DomainRanking } from '../../agent/rank/domainRanking.ts'
import { fakeProc } from '../../agent/rank/fakeProc.testkit.ts'
import { FakeCursorFile, FakeLedgerFile, FakeSpool, FakeStream } from '../../agent/testing/fakes.ts'
import { KillEngine } from '../../operator/runtime/killEngine.ts'
import { PodStore } from '../../operator/runtime/podStore.ts'
import { cachedPodOf, containerOf } from '../../operator/testing/cachedPods.ts'
import { enginePortsOf } from '../../operator/testing/countingWorld.ts'
import { FakeReportStore } from '../../operator/testing/fakeReportStore.ts'
import { waitingBy } from '../../operator/testing/waitingBy.ts'
import { readRecording, recast } from '../support/recording.ts'

const NODE = 'node-a'
const POD_UID = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const CONTAINER_ID = 'ab'.repeat(32)
const POD_CGROUP = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_UID.replaceAll('-', '_')}.slice/cri-containerd-${CONTAINER_ID}.scope`
const RECORDED_CGROUP = '/oomkeeper-kernel-12905'
const recorded = readRecording('6.18-memcg-v1.kmsg')

let folder: string
let stream: FakeStream
let reports: FakeReportStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-flow-'))
  stream = new FakeStream()
  reports = new FakeReportStore()
})

afterEach(() => rmSync(folder, { recursive: true }))

/** A log of so many kills, in the pod or where they were recorded. */
function writeLog(kills: number, place: 'pod' | 'host'): string {
  const cgroup = { from: RECORDED_CGROUP, to: place === 'pod' ? POD_CGROUP : RECORDED_CGROUP }
  const file = join(folder, `${place}.kmsg`)
  writeFileSync(
    file,
    Array.from({ length: kills }, (_, kill) => recast(recorded, { sequenceOffset: kill * 100, cgroup })).join(''),
  )
  return file
}

/** The agent reads a recording and stores what it finds. */
async function tell(file: string, ofNode: Partial<AgentIdentity> = {}): Promise<void> {
  const source = new KmsgRecording(file, 'fast')
  const identity = { node: NODE, bootId: source.bootId, source: 'recording' as const, pageSizeKib: 4 }
  const agent = new Agent(
    {
      ...identity,
      readLive: () => undefined,
      locate: locateInLog,
      nodeRoot: { kind: 'whole' },
      readGroup: groupInLog,
      readContext: () => undefined,
      foresee: () => undefined,
      rankDomain: () => undefined,
      ...ofNode,
    },
    {
      source,
      publisher: stream,
      cursorFile: new FakeCursorFile(),
      ledgerFile: new FakeLedgerFile(),
      counters: undefined,
      readCgroupId: () => undefined,
      openSpool: () => new FakeSpool(),
      readKernelKills: () => undefined,
      now: () => ({ wallMs: Date.now(), monotonicUsec: 0 }),
      random: () => 0,
      logger: pino({ level: 'silent' }),
    },
  )
  await agent.run(new AbortController().signal)
}

/** The operator counts what is stored, from the stream's start. */
async function count(): Promise<void> {
  const pods = new PodStore({ maxDeleted: 10, deletedTtlMs: 1_000, now: Date.now })
  const controller = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'checkout-5d8f7c9b6', uid: 'r' }
  const containers = [containerOf({ id: CONTAINER_ID })]
  pods.put(cachedPodOf({ uid: POD_UID, name: 'checkout-5d8f7c9b6-x2x4z', node: NODE, controller, containers }))
  const clock = { nowMs: 0, sleep: async (ms: number) => void (clock.nowMs += ms) }
  const trouble = (_part: string, error: unknown): never => {
    throw error
  }
  const waiting = waitingBy(clock, { observer: { trouble, fine: () => undefined } })
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout', uid: 'd' }
  const ports = enginePortsOf(
    { waiting, now: () => new Date(), store: reports, pods: () => pods },
    {
      getOwner: () => Promise.resolve({ kind: 'readable', controller: deployment }),
      publishReject: (_message, reason) => Promise.reject(new Error(reason)),
    },
  )
  const engine = new KillEngine(ports)
  const batch = [...stream.messages].map(([subject, data], at) => ({ sequence: at + 1, subject, data }))
  const start = { stream: 'stream-1', settled: 0, alreadyCounted: new Set<number>(), onSettled: () => undefined }
  const counting = engine.open(start)
  await counting.accept(batch)
  await counting.drained()
}

describe('a recorded kill, from kernel log to report', () => {
  it('is counted for its Deployment and container, with the victim as the kernel logged it', async () => {
    await tell(writeLog(3, 'pod'))
    await count()
    expect(reports.statusOf('deployment.checkout.app')).toMatchObject({
      workload: 'Deployment/checkout',
      kills: 3,
      byScope: { ContainerLimit: 3 },
      last: { victim: 'tail', pid: 12950, node: NODE, limit: '32Mi', hidden: 'Unknown' },
    })
    const [newest] = reports.statusOf('deployment.checkout.app')['lastKills'] as object[]
    expect(newest).toMatchObject({
      attribution: 'dump',
      verdict: expect.stringMatching(
        /^tail \(pid 12950\) was killed because its container reached its limit of 32 MiB /,
      ),
      memory: 'of 32 MiB: anonymous memory 99 %, unaccounted for 0.8 %',
    })
  })

  it('is counted once, though told and read twice', async () => {
    const log = writeLog(2, 'pod')
    await tell(log)
    await tell(log)
    await count()
    await count()
    expect(reports.statusOf('deployment.checkout.app')).toMatchObject({ kills: 2 })
  })

  it('outside of any pod is counted for its node', async () => {
    await tell(writeLog(1, 'host'))
    await count()
    expect(reports.statusOf(NODE)).toMatchObject({ kills: 1, lastKills: [{ reason: 'OutsidePod', victimPid: 12950 }] })
  })

  it('of a storm, which the kernel told in one line, still has its pod and who else was in line', async () => {
    const file = join(folder, 'storm.kmsg')
    const from = '/oomkeeper-kernel-19034'
    writeFileSync(file, recast(readRecording('6.18-storm-dumps-suppressed.kmsg'), { cgroup: { from, to: POD_CGROUP } }))
    const ranking = new DomainRanking(
      fakeProc([{ pid: 4711, command: 'postgres', oomScore: 667, cgroup: POD_CGROUP }]),
      () => 0,
    )
    await tell(file, {
      locate: (outcome) => locateInLog(outcome) ?? { source: 'cache', cgroupPath: POD_CGROUP },
      rankDomain: (kill) => ranking.rank(kill),
    })
    await count()
    const candidates = expect.stringMatching(/^\n {6}\(not the kernel's list: .*\)\n {6}PID .*\n {6}4711 {2}postgres /)
    const newest = { podUid: POD_UID, containerId: CONTAINER_ID, victimPid: 19316, victimRssKib: 30_128, candidates }
    expect(reports.statusOf('deployment.checkout.app')).toMatchObject({
      kills: 24,
      byScope: { ContainerLimit: 1, Unknown: 23 },
      last: { victim: 'storm-24', pid: 19316 },
      lastKills: expect.arrayContaining([expect.objectContaining(newest)]),
    })
  })
})
