import type { RankScope } from '#contract/rank.ts'
import { EXIT, ProgramError } from '#program/errors.ts'
import { readGroupKill, readNearestLimit, type CgroupFiles, type NearestLimit } from '../cgroup/memoryFiles.ts'
import { readMemoryCgroup, readOomScore, type ProcFiles } from '../proc/processFiles.ts'
import { cgroupTotalKib } from './domainTotal.ts'
import { rankCgroupTasks, rankLiveTasks, type RankedLiveTask } from './liveTask.ts'
import { mayBeChosen, noneNeverChosen, type NeverChosen } from './neverChosen.ts'
import { findOverruled, type Overruled } from './overruled.ts'
import { domainOf, nameScope } from './rankScope.ts'
import { readMachine, readRest } from './readTask.ts'
import { readWeight, weighByPoints, type Weight } from './weight.ts'

export interface LiveRanking {
  /** Processes that were there, those among them that the killer never takes. */
  processCount: number
  /** The likeliest victim first. */
  tasks: RankedLiveTask[]
}

export interface ScopeRanking extends LiveRanking {
  kernelRelease: string | undefined
  pageSizeKib: number
  neverChosen: NeverChosen
  /** The cgroup that was meant; undefined: the whole node. */
  cgroupPath: string | undefined
  /** What its processes hit first; undefined: the machine's memory. */
  limit: NearestLimit | undefined
  /** What oom_score_adj is a share of: the limit's memory and swap, or the machine's; undefined where it is not told. */
  totalKib: number | undefined
  /** The cgroup whose processes all go with the likeliest victim. */
  groupKillPath: string | undefined
  /** What makes the kernel choose otherwise. */
  overruledBy: Overruled | undefined
}

export interface ScannedNode {
  files: ProcFiles
  cgroups: CgroupFiles
  /** Awaited between slices, for others on the same event loop. */
  endTurn: () => Promise<void>
}

/** So many processes are read before others get a turn: about 1 ms. */
const PIDS_PER_TURN = 50
/** Described beyond those asked for, since some may be gone before they are. */
const SPARE = 10
const MAX_NAMED = 5

/**
 * Finds the likeliest victims, were the memory of this scope to run out now. Of the whole node it reads the score of every
 * process, and its memory only for the best; of a cgroup the memory of each of its processes, since a score is one of the
 * node. Who they are is read of the best of those.
 * @param top how many at most
 * @throws ProgramError ScopeEmpty, ScopeAmbiguous, and what `listPids` throws
 */
export async function scanScope(node: ScannedNode, scope: RankScope, top: number): Promise<ScopeRanking> {
  const { files, cgroups } = node
  const machine = readMachine(files)
  const { scores, processCount, neverChosen, domains } = await readScores(node, scope)
  const cgroupPath = scope.kind === 'node' ? undefined : requireOne(domains, scope)
  const limit = cgroupPath === undefined ? undefined : readNearestLimit(cgroups, cgroupPath)
  const totalKib = limit === undefined ? machine.totalKib : cgroupTotalKib(limit, machine)
  const isNode = cgroupPath === undefined
  const weights = await readEach(node, isNode ? planWeighed(scores, top + SPARE) : scores, ({ pid, oomScore }) =>
    readWeight(files, pid, oomScore),
  )
  const weighed = weighByPoints(weights, machine, totalKib)
  if (isNode) weighed.sort((a, b) => b.oomScore - a.oomScore)
  const tasks = await readEach(node, planDescribed(weighed, top + SPARE), (weight) => readRest(files, weight))
  const ranked = isNode ? rankLiveTasks(tasks, machine) : rankCgroupTasks(tasks, machine, totalKib)
  const victimPath = ranked[0]?.cgroupPath
  return {
    kernelRelease: machine.kernelRelease,
    pageSizeKib: machine.pageSizeKib,
    processCount,
    neverChosen,
    cgroupPath,
    limit,
    totalKib,
    groupKillPath: victimPath === undefined ? undefined : readGroupKill(cgroups, victimPath, limit?.cgroupPath),
    overruledBy: findOverruled(files, limit !== undefined),
    tasks: ranked.slice(0, top),
  }
}

/** Leaves out what is gone by then. */
async function readEach<T, R>(
  { endTurn }: ScannedNode,
  all: readonly T[],
  read: (one: T) => R | undefined,
): Promise<R[]> {
  const found: R[] = []
  let turn = 0
  for (const one of all) {
    const value = read(one)
    if (value !== undefined) found.push(value)
    if (++turn % PIDS_PER_TURN === 0) await endTurn()
  }
  return found
}

interface Scores {
  /** Of those that may be chosen. */
  scores: PidScore[]
  processCount: number
  neverChosen: NeverChosen
  /** The cgroups that the scope turned out to mean. */
  domains: Set<string>
}

async function readScores({ files, endTurn }: ScannedNode, scope: RankScope): Promise<Scores> {
  const read: Scores = { scores: [], processCount: 0, neverChosen: noneNeverChosen(), domains: new Set() }
  let turn = 0
  for (const pid of files.listPids()) {
    if (++turn % PIDS_PER_TURN === 0) await endTurn()
    if (scope.kind !== 'node') {
      const path = readMemoryCgroup(files, pid)
      const domain = path === undefined ? undefined : domainOf(scope, path)
      if (domain === undefined) continue
      read.domains.add(domain)
    }
    const oomScore = readOomScore(files, pid)
    if (oomScore === undefined) continue
    read.processCount++
    if (oomScore > 0 || mayBeChosen(files, pid, read.neverChosen)) read.scores.push({ pid, oomScore })
  }
  return read
}

function requireOne(domains: ReadonlySet<string>, scope: RankScope): string {
  const [domain, ...others] = domains
  if (domain !== undefined && others.length === 0) return domain
  const what = domain === undefined ? 'processes in' : 'one cgroup of'
  const got = domain === undefined ? 'none' : [domain, ...others].slice(0, MAX_NAMED).join(', ')
  throw new ProgramError(`expected ${what} ${nameScope(scope)}, got ${got}`, {
    code: domain === undefined ? 'ScopeEmpty' : 'ScopeAmbiguous',
    retry: false,
    exitCode: EXIT.finding,
  })
}

export interface PidScore {
  pid: number
  oomScore: number
}

/** The best so many, and all that have the same score as the last of them: which is ahead, the score cannot say. */
export function planWeighed(scores: readonly PidScore[], count: number): PidScore[] {
  const best = scores.toSorted((a, b) => b.oomScore - a.oomScore)
  const cut = best[count - 1]?.oomScore ?? 0
  return best.filter(({ oomScore }) => oomScore >= cut)
}

/** The best so many, and all with the same points as the last of them: of equals the kernel's choice goes by age. */
export function planDescribed<W extends Weight & { badnessKib: number }>(best: readonly W[], count: number): W[] {
  const last = best[count - 1]
  if (last === undefined) return [...best]
  const isEqual = ({ oomScore, badnessKib }: W) => oomScore === last.oomScore && badnessKib === last.badnessKib
  return best.filter((weight, at) => at < count || isEqual(weight))
}
