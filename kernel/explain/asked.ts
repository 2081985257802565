import type { OomVictim } from '#kernel/event/oomEvent.ts'
import type { GfpRequest } from '#kernel/gfp/gfpRequest.ts'
import { SYSRQ_ORDER, type OomFacts } from './facts.ts'
import { formatCount, formatKib } from './quantity.ts'
import { state, type Statement } from './statement.ts'
import { highestUsable } from './zoneIndex.ts'

/** Who asked for memory, and who was killed. */
export interface AskedSection {
  asker?: Asker | undefined
  killed: readonly KilledProcess[]
  statements: readonly Statement[]
}

export interface Asker {
  /** Not printed before 2.6.19. */
  command?: string | undefined
  pid?: number | undefined
  gfpMask?: string | undefined
  gfpFlags?: readonly string[] | undefined
  /** Whether the kernel printed the names, or they are decoded for its era. */
  gfpNamedBy?: 'kernel' | 'table' | undefined
  highestZone?: string | undefined
  maySleep?: boolean | undefined
  order?: number | undefined
  sizeKib?: number | undefined
  oomScoreAdj?: number | undefined
}

/** Sizes in KiB by the kill line, and in pages. */
export interface KilledProcess extends OomVictim {
  anonRssPages?: number | undefined
  fileRssPages?: number | undefined
  shmemRssPages?: number | undefined
  /** anon, file and shmem. */
  residentKib?: number | undefined
}

export function explainAsked(facts: OomFacts): AskedSection {
  const asker = askerOf(facts)
  const killed = facts.oomCase.victims.map((victim) => killedProcess(victim, facts.pageKib))
  const statements = [
    ...(asker === undefined
      ? [state('Who asked is not known: the dump has no header.')]
      : askerStatements(asker, facts)),
    ...(killed.length === 0 ? [nobodyStatement(facts)] : killed.map(killedStatement)),
    ...moreKilledStatement(facts),
  ]
  return { asker, killed, statements }
}

function moreKilledStatement({ oomCase: { moreVictims = 0 } }: OomFacts): Statement[] {
  if (moreVictims === 0) return []
  return [
    state(`${formatCount(moreVictims, 'more process', 'more processes')} went with them, and are not listed.`, {
      moreVictims,
    }),
  ]
}

function askerOf({ dump, request, order, pageKib }: OomFacts): Asker | undefined {
  const { trigger } = dump
  if (trigger === undefined) return undefined
  const { command, pid, gfpMask, oomScoreAdj } = trigger
  return {
    command: command === '' ? undefined : command,
    pid,
    gfpMask,
    gfpFlags: request?.names,
    gfpNamedBy: request?.namedBy,
    highestZone: request?.highestZone,
    maySleep: request?.maySleep,
    order,
    sizeKib: order === undefined || order < 0 ? undefined : 2 ** order * pageKib,
    oomScoreAdj,
  }
}

function askerStatements(asker: Asker, { dump, request, memory, isMemcg }: OomFacts): Statement[] {
  const { command = 'A process that the log does not name', pid, gfpMask, order, sizeKib } = asker
  const who = pid === undefined ? command : `${command} (pid ${pid})`
  const figures = { pid, gfpMask, order, sizeKib }
  if (order === SYSRQ_ORDER) return [state(`${who}: the killer was called by hand (sysrq f, order −1).`, figures)]

  const pages =
    order === undefined ? 'memory' : `${formatCount(2 ** order, 'page')} (${formatKib(sizeKib ?? 0)}, order ${order})`
  const statements = [state(`${who} asked for ${pages}${flagsOf(asker, dump.kernelRelease)}.`, figures)]
  if (request === undefined) return statements
  const highestZone = memory.zones.length === 0 ? request.highestZone : highestUsable(memory.zones, request.highestZone)
  const { maySleep, atomic, movable } = request
  const zones = highestZone === 'Movable' ? 'every zone' : `zone ${highestZone} and below`
  const text = isMemcg ? `It ${waitOf(request)}.` : `It may use ${zones}, and ${waitOf(request)}.`
  return [...statements, state(text, { highestZone, maySleep, atomic, movable })]
}

function waitOf({ maySleep, atomic, mayUseIo, mayUseFilesystem }: GfpRequest): string {
  if (atomic) return 'is atomic: it cannot wait'
  if (!maySleep) return 'may not wait for reclaim'
  if (mayUseFilesystem) return 'may wait for reclaim'
  return `may wait for reclaim, but not for ${mayUseIo ? 'filesystems' : 'I/O'}`
}

function flagsOf({ gfpFlags, gfpMask, gfpNamedBy }: Asker, kernelRelease: string | undefined): string {
  if (gfpFlags === undefined || gfpFlags.length === 0) return gfpMask === undefined ? '' : ` with gfp_mask ${gfpMask}`
  const names = gfpFlags.join(' | ')
  if (gfpNamedBy === 'kernel') return ` with ${names}`
  return ` with ${names} (${gfpMask}, decoded ${kernelRelease === undefined ? 'as a kernel before 4.6' : `for ${kernelRelease}`})`
}

function killedProcess(victim: OomVictim, pageKib: number): KilledProcess {
  const pages = (kib: number | undefined) => (kib === undefined ? undefined : Math.floor(kib / pageKib))
  const { anonRssKib, fileRssKib, shmemRssKib } = victim
  return {
    ...victim,
    anonRssPages: pages(anonRssKib),
    fileRssPages: pages(fileRssKib),
    shmemRssPages: pages(shmemRssKib),
    residentKib: anonRssKib === undefined ? undefined : anonRssKib + (fileRssKib ?? 0) + (shmemRssKib ?? 0),
  }
}

function killedStatement(killed: KilledProcess): Statement {
  const { command, pid, uid, anonRssKib, anonRssPages, fileRssKib, shmemRssKib, totalVmKib, oomScoreAdj } = killed
  const who = `${command} (pid ${pid}${uid === undefined ? '' : `, uid ${uid}`}) was killed`
  const figures = { pid, uid, anonRssKib, anonRssPages, fileRssKib, shmemRssKib, totalVmKib, oomScoreAdj }
  if (anonRssKib === undefined) return state(`${who}; the kill line does not say what it held.`, figures)
  const parts = [
    `${formatKib(anonRssKib)} anonymous (${formatCount(anonRssPages ?? 0, 'page')})`,
    ...(fileRssKib === undefined || fileRssKib === 0 ? [] : [`${formatKib(fileRssKib)} of files`]),
    ...(shmemRssKib === undefined || shmemRssKib === 0 ? [] : [`${formatKib(shmemRssKib)} shared`]),
  ]
  const space = totalVmKib === undefined ? '' : ` in ${formatKib(totalVmKib)} of address space`
  return state(`${who}, holding ${parts.join(', ')}${space}.`, figures)
}

function nobodyStatement({ oomCase }: OomFacts): Statement {
  if (oomCase.outcome === 'panic') return state('Nobody was killed: the kernel panicked.', { outcome: 'panic' })
  if (oomCase.outcome === 'noKillable')
    return state('Nobody was killed: no process could be.', { outcome: 'noKillable' })
  if (oomCase.outcome === 'skipped')
    return state('Nobody was killed: the victim was exiting already.', { outcome: 'skipped' })
  return state('Who was killed is not known: the kill line is missing.')
}
