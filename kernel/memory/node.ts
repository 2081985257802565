import { exactInteger } from '#kernel/dump/number.ts'
import { readFigures } from './figures.ts'

/** A NUMA node's own line (4.8+): what is counted by node and no longer by zone, in KiB. */
export interface MemoryNode {
  node: number
  activeAnonKib?: number | undefined
  inactiveAnonKib?: number | undefined
  activeFileKib?: number | undefined
  inactiveFileKib?: number | undefined
  isolatedAnonKib?: number | undefined
  isolatedFileKib?: number | undefined
  unevictableKib?: number | undefined
  shmemKib?: number | undefined
  /** Transparent hugepages, part of the anonymous lists. */
  anonThpKib?: number | undefined
  kernelStackKib?: number | undefined
  pagetablesKib?: number | undefined
  /** Of devices and guests (6.1+). */
  secPagetablesKib?: number | undefined
  allUnreclaimable?: boolean | undefined
}

/** `Node 0 active_anon:24000kB inactive_anon:… kernel_stack:… all_unreclaimable? no`. Source: mm/show_mem.c. */
export function parseNodeLine(line: string): MemoryNode | undefined {
  const match = /^Node (\d+) (?=active_anon:)/.exec(line)
  const node = exactInteger(match?.[1])
  if (match === null || node === undefined) return undefined
  const figures = readFigures(line.slice(match[0].length), 'kB')
  const given = / all_unreclaimable\? (yes|no)/.exec(line)?.[1]
  return {
    node,
    activeAnonKib: figures.get('active_anon'),
    inactiveAnonKib: figures.get('inactive_anon'),
    activeFileKib: figures.get('active_file'),
    inactiveFileKib: figures.get('inactive_file'),
    isolatedAnonKib: figures.get('isolated(anon)'),
    isolatedFileKib: figures.get('isolated(file)'),
    unevictableKib: figures.get('unevictable'),
    shmemKib: figures.get('shmem'),
    anonThpKib: figures.get('anon_thp'),
    kernelStackKib: figures.get('kernel_stack'),
    pagetablesKib: figures.get('pagetables'),
    secPagetablesKib: figures.get('sec_pagetables'),
    allUnreclaimable: given === undefined ? undefined : given === 'yes',
  }
}
