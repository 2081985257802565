import { gunzipSync } from 'node:zlib'
import type { KillEvent } from '#contract/killEvent.ts'
import { missingParts } from '#kernel/event/missingParts.ts'
import type { OomLogEvent } from '#kernel/event/oomLogEvent.ts'
import { EXIT, ProgramError } from '#program/errors.ts'

/** An agent packs 1 MiB at most. */
const MAX_DUMP_BYTES = 2 * 1024 * 1024

/** The kernel's lines as a log. @throws ProgramError DumpUnreadable */
export function unpackDump(rawDump: string): Buffer {
  try {
    return gunzipSync(Buffer.from(rawDump, 'base64'), { maxOutputLength: MAX_DUMP_BYTES })
  } catch (error) {
    const message = `expected the kernel's lines as gzip of at most ${MAX_DUMP_BYTES} bytes, got something else`
    throw new ProgramError(message, { code: 'DumpUnreadable', retry: false, exitCode: EXIT.environment, cause: error })
  }
}

/** A kill of which the kernel printed one line only, as a log of that line would tell it. */
export function eventWithoutDump(event: KillEvent): OomLogEvent {
  const { outcome, victim, constraint, monotonicUsec } = event
  return {
    outcome,
    victims: victim === undefined ? [] : [victim],
    message: constraint === 'Memcg' ? 'Memory cgroup out of memory' : 'Out of memory',
    rawLines: [],
    missing: missingParts(outcome, undefined, []),
    line: 1,
    monotonicUsec,
  }
}
