import type { KillEvent } from '#contract/killEvent.ts'
import { killSubject, recoveredKillSubject } from '#contract/subjects.ts'
import type { StoredMessage } from '../runtime/readKill.ts'

export const BOOT_ID = '0b6f2a5e-1111-4222-8333-444455556666'
export const POD_UID = '6656c263-caf6-4acf-b7a0-57d7810a229d'
export const CONTAINER_ID = 'a'.repeat(64)

/** A kill of one process in container `app` of pod `eater-abc-1`, on node-a. */
export function killEventOf(changes: Partial<KillEvent> = {}): KillEvent {
  const sequence = changes.sequence ?? 425
  return {
    version: 1,
    node: 'node-a',
    bootId: BOOT_ID,
    sequence,
    eventSequence: sequence,
    killedAt: '2026-03-01T10:00:00.000Z',
    monotonicUsec: 1_000_000,
    source: 'kmsg',
    outcome: 'killed',
    constraint: 'Memcg',
    scope: 'ContainerLimit',
    trigger: { command: 'eater', pid: 8123, gfpMask: '0xcc0', gfpFlags: ['GFP_KERNEL'], order: 0 },
    victim: { pid: 8123, command: 'eater', anonRssKib: 65_000, fileRssKib: 12, shmemRssKib: 0 },
    attribution: {
      source: 'dump',
      cgroupPath: `/kubepods/pod${POD_UID}/x`,
      podUid: POD_UID,
      containerId: CONTAINER_ID,
    },
    domain: { usageKib: 65_536, limitKib: 65_536 },
    candidates: [
      { pid: 8123, command: 'eater', uid: 0, totalVmPages: 20_000, rssPages: 16_000, badnessPages: 16_100 },
      { pid: 8100, command: 'sh', uid: 0, totalVmPages: 200, rssPages: 100, badnessPages: 101 },
    ],
    taskCount: 2,
    pageSizeKib: 4,
    ...changes,
  }
}

/** The event as the stream holds it. */
export function messageOf(sequence: number, event: KillEvent): StoredMessage {
  return {
    sequence,
    subject:
      event.recoveredAs === undefined
        ? killSubject(event.node, event.bootId, event.sequence)
        : recoveredKillSubject(event.node, event.bootId, event.recoveredAs),
    data: new TextEncoder().encode(JSON.stringify(event)),
  }
}
