import { rankByBadness } from '#kernel/badness/badness.ts'
import type { OomTask } from '#kernel/dump/oomDump.ts'
import { readOomScoreAdj, readStatus, type ProcFiles } from '../proc/processFiles.ts'

/** What the points of a process that the killer may take are made of. */
export interface Weight {
  pid: number
  uid: number
  oomScore: number
  oomScoreAdj: number
  /** Unknown where the thread group's leader has exited and other threads go on. */
  rssKib: number | undefined
  /** What makes up rssKib; unknown before 4.5. */
  anonRssKib: number | undefined
  fileRssKib: number | undefined
  shmemRssKib: number | undefined
  swapKib: number | undefined
  vmSizeKib: number | undefined
  pgtablesKib: number | undefined
}

export interface Machine {
  kernelRelease: string | undefined
  pageSizeKib: number
  /** RAM and swap. */
  totalKib: number | undefined
  swapTotalKib: number
}

/**
 * @returns undefined for what the killer never takes: a kernel thread and a zombie (no memory), the machine's init, a
 *   process at −1000; and for one that is gone.
 */
export function readWeight(files: ProcFiles, pid: number, oomScore: number): Weight | undefined {
  const oomScoreAdj = readOomScoreAdj(files, pid)
  const status = oomScoreAdj === undefined ? undefined : readStatus(files, pid)
  if (oomScoreAdj === undefined || status === undefined) return undefined
  const { uid, memory } = status
  // The score is the kernel's word: pid 1 with one is a container's init, seen from inside, and the killer may take it.
  if (oomScore === 0 && (oomScoreAdj === -1000 || pid === 1 || memory === undefined)) return undefined
  return {
    pid,
    uid,
    oomScore,
    oomScoreAdj,
    rssKib: memory?.rssKib,
    anonRssKib: memory?.anonRssKib,
    fileRssKib: memory?.fileRssKib,
    shmemRssKib: memory?.shmemRssKib,
    swapKib: memory?.swapKib,
    vmSizeKib: memory?.vmSizeKib,
    pgtablesKib: memory?.pgtablesKib,
  }
}

/**
 * With its points in KiB, the most first; they are negative for one that oom_score_adj puts below an empty one. `weights` in the kernel's
 * order, which decides between equals.
 * @param totalKib what oom_score_adj is a share of; unknown, it is not weighed but for −1000
 */
export function weighByPoints<W extends Weight>(
  weights: readonly W[],
  { kernelRelease, pageSizeKib }: Machine,
  totalKib: number | undefined,
): (W & { badnessKib: number })[] {
  const byPid = new Map(weights.map((weight) => [weight.pid, weight]))
  const totalPages = totalKib === undefined ? undefined : Math.floor(totalKib / pageSizeKib)
  const rows = weights.map((weight) => tableRow(weight, pageSizeKib))
  return rankByBadness(rows, { totalPages, kernelRelease, pageSizeKib }).flatMap(({ pid, badnessPages }) => {
    const weight = byPid.get(pid)
    return weight === undefined ? [] : [{ ...weight, badnessKib: badnessPages * pageSizeKib }]
  })
}

/** What the kernel's task table would say. */
function tableRow(weight: Weight, pageSizeKib: number): OomTask {
  const pages = (kib: number | undefined) => Math.floor((kib ?? 0) / pageSizeKib)
  return {
    pid: weight.pid,
    // Any but 1, which stands for the machine's init: that one is never weighed.
    tgid: weight.pid === 1 ? 0 : weight.pid,
    uid: weight.uid,
    totalVmPages: pages(weight.vmSizeKib),
    rssPages: pages(weight.rssKib),
    swapPages: pages(weight.swapKib),
    pgtablesBytes: (weight.pgtablesKib ?? 0) * 1024,
    oomScoreAdj: weight.oomScoreAdj,
    command: '',
  }
}
