import * as z from 'zod'
import { savedCounts, type SavedCounts } from '../cgroup/savedCounts.ts'

/**
 * What a node's agents have counted of one boot, kept across their restarts. At rest
 * `kernelKills = before + lines + lost` (docs/completeness.md); what is missing is unseen.
 */
export interface KillLedger {
  bootId: string
  /** The kmsg sequence after the newest kill line that is counted here. */
  nextSequence: number
  /** Kills whose lines were overwritten before the first agent of this boot began to read. */
  before: number
  /** Whether `before` is known: lines and counter have agreed once. */
  settled: boolean
  /** Kill lines of the kernel, each once, told or not. */
  lines: number
  /** Kills whose lines were overwritten since. */
  lost: number
  /** Of the lost ones: those that a cgroup's memory.events tells. */
  recovered: number
  /** Kills that were read and given up before they were stored: the spool was full, or they were a day old. */
  dropped: number
  /** Records were overwritten since lines and counter last agreed: what is missing went with them. */
  recordsLost: boolean
}

const count = z.int().nonnegative()
const ledgerSchema = z.object({
  version: z.literal(1),
  bootId: z.uuid(),
  nextSequence: count,
  before: count,
  settled: z.boolean(),
  lines: count,
  lost: count,
  recovered: count,
  dropped: count,
  recordsLost: z.boolean(),
  counts: savedCounts.optional(),
})

/** The counts of a boot as they are kept: what is explained of the cgroups' own is of the same moment. */
export type SavedLedger = KillLedger & { counts?: SavedCounts | undefined }

export type ParsedLedger = { ok: true; ledger: SavedLedger } | { ok: false; reason: string }

export function parseLedger(text: string): ParsedLedger {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, reason: `expected JSON, got ${text.length} characters that are not` }
  }
  const result = ledgerSchema.safeParse(value)
  if (result.success) {
    const { version: _version, ...ledger } = result.data
    return { ok: true, ledger }
  }
  const issue = result.error.issues[0]
  return { ok: false, reason: `${issue?.path.join('.') || 'counts'}: ${issue?.message ?? 'not accepted'}` }
}

export function formatLedger(ledger: SavedLedger): string {
  return `${JSON.stringify({ version: 1, ...ledger })}\n`
}

/**
 * The counts to go on with.
 * @param wholeBoot An agent was on this node before this boot, so all of the boot is to be accounted for.
 * @param hasCursor Without one, how far an agent of this boot has read is not known: what is missing by now was overwritten.
 */
export function openLedger(
  kept: KillLedger | undefined,
  bootId: string,
  wholeBoot: boolean,
  hasCursor = true,
): KillLedger {
  if (kept?.bootId === bootId) return hasCursor ? kept : { ...kept, recordsLost: true }
  const none = { nextSequence: 0, before: 0, lines: 0, lost: 0, recovered: 0, dropped: 0, recordsLost: false }
  return { bootId, ...none, settled: wholeBoot }
}

/** Counts a kill line; one that was read before an agent ended and is read again counts once. */
export function countLine(ledger: KillLedger, sequence: number): KillLedger {
  if (sequence < ledger.nextSequence) return ledger
  return { ...ledger, nextSequence: sequence + 1, lines: ledger.lines + 1 }
}

/**
 * The counts as the disk may have them: without lines that only memory has. After a crash they are read again, or are lost.
 * @param lines their sequences, in order: the last ones that were counted
 * @param recovered how many kills without a line only memory has
 */
export function withoutUnspooled(ledger: KillLedger, lines: readonly number[], recovered: number): KillLedger {
  const [first] = lines
  if (first === undefined && recovered === 0) return ledger
  return {
    ...ledger,
    nextSequence: first ?? ledger.nextSequence,
    lines: ledger.lines - lines.length,
    recovered: ledger.recovered - recovered,
  }
}

/** Kills that the kernel counted and nobody can account for. Negative: more lines than the kernel counted kills. */
export function missingKills(ledger: KillLedger, kernelKills: number): number {
  return kernelKills - ledger.before - ledger.lines - ledger.lost
}

/**
 * Lines and counter compared at a moment when no line is on its way any more: says of what is missing whether it was
 * before the first look or was lost, and takes that back when lines turned out to be late. The rest is unseen.
 */
export function settleLedger(ledger: KillLedger, kernelKills: number): KillLedger {
  const missing = missingKills(ledger, kernelKills)
  if (missing < 0) {
    const notLost = Math.min(ledger.lost, -missing)
    const notBefore = Math.min(ledger.before, -missing - notLost)
    return { ...ledger, lost: ledger.lost - notLost, before: ledger.before - notBefore }
  }
  if (!ledger.settled) return { ...ledger, before: ledger.before + missing, settled: true, recordsLost: false }
  if (!ledger.recordsLost) return ledger
  return { ...ledger, lost: ledger.lost + missing, recordsLost: false }
}

/** Counts kills as found again; those that were unseen are thereby known to have lost their lines. */
export function recoverKills(ledger: KillLedger, kills: number): KillLedger {
  const recovered = ledger.recovered + kills
  return { ...ledger, recovered, lost: Math.max(ledger.lost, recovered) }
}
