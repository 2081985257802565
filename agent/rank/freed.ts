import type { LiveTask } from './liveTask.ts'

/**
 * What the end of a process gives back for sure: its anonymous memory, swap and page tables. Pages of files could be had
 * without a kill, and shared memory stays where others hold it.
 */
export function freedKib({ rssKib, anonRssKib, swapKib, pgtablesKib }: LiveTask): number | undefined {
  const resident = anonRssKib ?? rssKib
  return resident === undefined ? undefined : resident + (swapKib ?? 0) + (pgtablesKib ?? 0)
}
