import { NO_CONTAINER } from './candidateTable.ts'

/** A process that was in line, by the table of a stored kill. */
export interface CandidateRow {
  /** undefined where its owner is not shown. */
  pid: number | undefined
  command: string | undefined
  oomScoreAdj: number | undefined
  badnessPages: number
  /** Without a namespace it is the report's. `none`: in no container. Absent where the table does not tell. */
  container?: NamedContainer | 'none' | undefined
}

export interface NamedContainer {
  namespace: string | undefined
  pod: string
  name: string
}

export interface CandidateRows {
  /** Whether it is the kernel's own list, the victim included: else they were read after the kill. */
  isKernels: boolean
  rows: readonly CandidateRow[]
}

/** Columns end where the next title begins: a command may have spaces. */
const TITLES = ['PID', 'COMMAND', 'RSS', 'SWAP', 'ADJ', 'BADNESS', 'SCORE'] as const

/** The last one, of those that have it. */
const CONTAINER = 'CONTAINER'
const CONTAINER_NAME = /^(?:(?<namespace>[a-z0-9-]+)\/)?(?<pod>[a-z0-9.-]+)\/(?<name>[a-z0-9-]+)$/

/** Reads what `candidateTable` wrote, or somebody else since. @returns undefined for what is no such table. */
export function parseCandidateTable(text: string): CandidateRows | undefined {
  const lines = text.split('\n').map((line) => line.replace(/^ {6}/, ''))
  const at = lines.findIndex((line) => line.startsWith('PID '))
  const titles = lines[at]
  if (titles === undefined) return undefined
  const starts = TITLES.map((title) => titles.indexOf(title))
  if (starts.includes(-1)) return undefined
  const containerAt = titles.indexOf(CONTAINER)
  starts.push(...(containerAt === -1 ? [] : [containerAt]))
  const rows = lines.slice(at + 1).flatMap((line): CandidateRow[] => {
    const cell = (title: (typeof TITLES)[number]): string => {
      const column = TITLES.indexOf(title)
      return line.slice(starts[column], starts[column + 1]).trim()
    }
    const badnessPages = numberOf(cell('BADNESS'))
    if (badnessPages === undefined) return []
    const pid = numberOf(cell('PID'))
    const command = pid === undefined ? undefined : cell('COMMAND')
    const container = containerAt === -1 ? undefined : parseContainer(line.slice(containerAt).trim())
    return [{ pid, command, oomScoreAdj: numberOf(cell('ADJ')), badnessPages, container }]
  })
  return { isKernels: lines.slice(0, at).every((line) => line.trim() === ''), rows }
}

function parseContainer(text: string): CandidateRow['container'] {
  if (text === NO_CONTAINER) return 'none'
  const { namespace, pod, name } = CONTAINER_NAME.exec(text)?.groups ?? {}
  if (pod === undefined || name === undefined) return undefined
  return name === NO_CONTAINER ? 'none' : { namespace, pod, name }
}

function numberOf(text: string): number | undefined {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
}
