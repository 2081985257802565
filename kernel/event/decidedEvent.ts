import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { RawRecord } from '#kernel/kmsg/rawRecord.ts'
import type { KmsgRecord } from '#kernel/kmsg/record.ts'
import { listedPids } from './groupVictims.ts'
import type { OomUndecided, OomVictim } from './oomEvent.ts'
import { isDumpOf, type OpenEvent } from './openEvent.ts'

/** The kills of one group follow each other without waiting; a task table that lists the victim allows for more. */
const GROUP_GAP_USEC = 100_000
export const DECIDED_FOR_USEC = 1_000_000

/** An event whose outcome is known, remembered while more of it may come: a group's kills, the panic after "no killable". */
export interface DecidedEvent {
  eventSequence: number
  dump: OomDump | undefined
  rawLines: readonly string[]
  /** The summary of the choice line before 5.1. */
  message: string | undefined
  victimPid: number | undefined
  /** The killer found nobody to kill. */
  nobody: boolean
  /** The cgroup that goes whole, where the kernel said so. */
  groupCgroup: string | undefined
  /** The processes of the dump's table, once they were asked for. */
  listed?: ReadonlySet<number> | undefined
  lastUsec: number
}

/** The line that decides, with the dump before it if it is this outcome's. `mismatched`: it was another's. */
export function decideEvent(
  open: OpenEvent | undefined,
  record: RawRecord,
  victim: OomVictim | undefined,
): { decided: DecidedEvent; mismatched: boolean } {
  if (open === undefined) return { decided: aloneWith(record, victim), mismatched: false }
  open.add(record, 'kill')
  const dump = open.parse(victim)
  const belongs = victim === undefined ? hasNoVictim(open) : isDumpOf(open, dump, victim.pid)
  if (!belongs) {
    open.withdrawLast()
    return { decided: aloneWith(record, victim), mismatched: open.isKillers() }
  }
  const decided: DecidedEvent = {
    eventSequence: open.firstSequence,
    dump: open.isKillers() && hasSaid(open, dump) ? dump : undefined,
    rawLines: open.rawLines(),
    message: open.chosen?.message,
    victimPid: victim?.pid,
    nobody: victim === undefined,
    groupCgroup: undefined,
    lastUsec: record.monotonicUsec,
  }
  return { decided, mismatched: false }
}

/** The line that decides, and nothing else. */
function aloneWith(record: RawRecord, victim: OomVictim | undefined): DecidedEvent {
  return {
    eventSequence: record.sequence,
    dump: undefined,
    rawLines: [record.text],
    message: undefined,
    victimPid: victim?.pid,
    nobody: victim === undefined,
    groupCgroup: undefined,
    lastUsec: record.monotonicUsec,
  }
}

/** What is known of an event that is let go of. */
export function describeUndecided(open: OpenEvent, outcome: OomUndecided['outcome']): OomUndecided {
  return {
    outcome,
    sequence: open.lastSequence,
    monotonicUsec: open.lastUsec,
    eventSequence: open.firstSequence,
    dump: open.isKillers() ? open.parse() : undefined,
    rawLines: open.rawLines(),
  }
}

/** Memory lines alone may be anybody's; before 5.1 those before a choice are not. */
function hasSaid(open: OpenEvent, dump: OomDump): boolean {
  return open.hasHeader || open.hasEvidence || dump.memoryLines.length > 0
}

/** A dump that ends in nobody's death named nobody. */
function hasNoVictim(open: OpenEvent): boolean {
  return open.announcedPid === undefined && open.chosen === undefined && (open.hasHeader || open.hasEvidence)
}

/**
 * Whether a kill line without a dump of its own is one more victim of a group kill, rather than a later event whose
 * dump was rate-limited. Processes may be born between dump and kill, so a table that lacks the pid does not decide.
 */
export function isGroupMember(decided: DecidedEvent, record: KmsgRecord, pid: number): boolean {
  const gapUsec = record.monotonicUsec - decided.lastUsec
  if (decided.groupCgroup === undefined || gapUsec > DECIDED_FOR_USEC) return false
  if (gapUsec <= GROUP_GAP_USEC || pid === decided.victimPid) return true
  decided.listed ??= listedPids(decided.dump)
  return decided.listed.has(pid)
}
