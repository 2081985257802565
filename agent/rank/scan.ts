import { readOomScore, type ProcFiles } from '../proc/processFiles.ts'
import { rankLiveTasks, type LiveTask, type RankedLiveTask } from './liveTask.ts'
import { readLiveTask, readMachine } from './readTask.ts'

export interface LiveRanking {
  /** Processes that were there, those among them that the killer never takes. */
  processCount: number
  /** The likeliest victim first. */
  tasks: RankedLiveTask[]
}

/** So many processes are read before others get a turn: about 1 ms. */
const PIDS_PER_TURN = 50
/** Described beyond those asked for, since some may be gone before they are. */
const SPARE = 10

/**
 * Finds the likeliest victims: reads the score of every process, and all else of the best only.
 * @param top how many at most
 * @param endTurn awaited between slices, for others on the same event loop
 */
export async function scanLiveTasks(files: ProcFiles, top: number, endTurn: () => Promise<void>): Promise<LiveRanking> {
  const scores: PidScore[] = []
  let turn = 0
  for (const pid of files.listPids()) {
    const oomScore = readOomScore(files, pid)
    if (oomScore !== undefined) scores.push({ pid, oomScore })
    if (++turn % PIDS_PER_TURN === 0) await endTurn()
  }
  const tasks: LiveTask[] = []
  for (const { pid, oomScore } of planDescribed(scores, top + SPARE)) {
    const task = readLiveTask(files, pid, oomScore)
    if (task !== undefined) tasks.push(task)
    if (++turn % PIDS_PER_TURN === 0) await endTurn()
  }
  return { processCount: scores.length, tasks: rankLiveTasks(tasks, readMachine(files)).slice(0, top) }
}

export interface PidScore {
  pid: number
  oomScore: number
}

/** The best so many, and all that have the same score as the last of them: which is ahead, the score cannot say. */
export function planDescribed(scores: readonly PidScore[], count: number): PidScore[] {
  const best = scores.toSorted((a, b) => b.oomScore - a.oomScore)
  const cut = best[count - 1]?.oomScore ?? 0
  return best.filter(({ oomScore }) => oomScore >= cut)
}
