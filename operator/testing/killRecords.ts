import type { NodeKillRecord } from '../api/nodeOomReport.ts'
import type { ContainerKillRecord } from '../api/oomReport.ts'
import type { KillToCount } from '../reports/killRecord.ts'
import { BOOT_ID, CONTAINER_ID, POD_UID } from './killEvents.ts'

export const SEEN_AT = '2026-03-01T10:00:01.000Z'

/** An undecided kill, at this place of the stream and with that as its kmsg sequence. */
export function killOf(
  streamSequence: number,
  changes: Partial<ContainerKillRecord> = {},
): KillToCount<ContainerKillRecord> {
  return {
    streamSequence,
    record: {
      time: '2026-03-01T10:00:00.000Z',
      seenAt: SEEN_AT,
      node: 'node-a',
      bootId: BOOT_ID,
      sequence: streamSequence,
      podName: 'eater-abc-1',
      podUid: POD_UID,
      containerId: CONTAINER_ID,
      victimPid: 8123,
      victimCommand: 'eater',
      victimRssKib: 65_012,
      scope: 'ContainerLimit',
      limitKib: 65_536,
      hidden: 'Unknown',
      hiddenReason: 'Undecided',
      source: 'kmsg',
      ...changes,
    },
  }
}

export function killsOf(from: number, to: number, changes: Partial<ContainerKillRecord> = {}) {
  return Array.from({ length: to - from + 1 }, (_, at) => killOf(from + at, changes))
}

/** The same kill, in no pod that is known. */
export function nodeKillOf(
  streamSequence: number,
  changes: Partial<NodeKillRecord> & Pick<NodeKillRecord, 'reason'>,
): KillToCount<NodeKillRecord> {
  const { hidden: _hidden, hiddenReason: _reason, ...record } = killOf(streamSequence).record
  return { streamSequence, record: { ...record, ...changes } }
}
