import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { KillCandidate, KillEvent } from '../../contract/killEvent.ts'
import type { RunningPod } from './populate.ts'

const LIMIT_KIB = 524_288
const CANDIDATES = 20
/** What a kernel prints of such a kill, as the agent packs it: the records' texts. */
const RAW_DUMP = gzipSync(
  readFileSync(resolve(import.meta.dirname, '../fixtures/kmsg/6.12-memcg-v2.kmsg'), 'utf8')
    .split('\n')
    .map((record) => record.slice(record.indexOf(';') + 1))
    .join('\n'),
).toString('base64')

/** A kill with the kernel's whole dump: a worker of a server, at its container's limit, with twenty in line. */
export function stormKill(
  pod: Pick<RunningPod, 'node' | 'uid' | 'containerId'>,
  bootId: string,
  sequence: number,
  at: Date,
): KillEvent {
  const pid = 2_000 + (sequence % 30_000)
  const cgroupPath = `/kubepods.slice/kubepods-pod${pod.uid.replaceAll('-', '_')}.slice/cri-containerd-${pod.containerId}.scope`
  return {
    version: 1,
    node: pod.node,
    bootId,
    sequence,
    eventSequence: sequence,
    killedAt: at.toISOString(),
    monotonicUsec: Math.round(performance.now() * 1000),
    source: 'kmsg',
    outcome: 'killed',
    kernelRelease: '6.12.48+deb13-amd64',
    constraint: 'Memcg',
    scope: 'ContainerLimit',
    trigger: { command: 'worker', pid, gfpMask: '0xcc0', gfpFlags: ['GFP_KERNEL'], order: 0, oomScoreAdj: 981 },
    victim: {
      pid,
      command: 'worker',
      uid: 1000,
      totalVmKib: 700_000,
      anonRssKib: 420_000 + (sequence % 1_000),
      fileRssKib: 1_204,
      shmemRssKib: 0,
      pgtablesKib: 1_100,
      oomScoreAdj: 981,
    },
    attribution: { source: 'dump', cgroupPath, podUid: pod.uid, containerId: pod.containerId, qosClass: 'Burstable' },
    domain: { cgroupPath, usageKib: LIMIT_KIB, limitKib: LIMIT_KIB, swapUsageKib: 0 },
    candidates: Array.from({ length: CANDIDATES }, (_, rank) => candidate(pod, pid, rank)),
    candidatesFrom: 'dump',
    taskCount: CANDIDATES,
    pageSizeKib: 4,
    rawDump: RAW_DUMP,
  }
}

function candidate(pod: Pick<RunningPod, 'uid' | 'containerId'>, victimPid: number, rank: number): KillCandidate {
  const rssPages = Math.round(105_000 / (rank + 1))
  return {
    pid: victimPid + rank,
    command: rank === 0 ? 'worker' : `helper-${rank}`,
    uid: 1000,
    totalVmPages: rssPages * 2,
    rssPages,
    swapPages: 0,
    pgtablesBytes: 126_976,
    oomScoreAdj: 981,
    badnessPages: rssPages + 128_000,
    liveOomScore: 1_300 - rank,
    podUid: pod.uid,
    containerId: pod.containerId,
  }
}
