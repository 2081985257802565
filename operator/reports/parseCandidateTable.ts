/** A process that was in line, by the table of a stored kill. */
export interface CandidateRow {
  /** undefined where its owner is not shown. */
  pid: number | undefined
  command: string | undefined
  oomScoreAdj: number | undefined
  badnessPages: number
}

export interface CandidateRows {
  /** Whether it is the kernel's own list, the victim included: else they were read after the kill. */
  isKernels: boolean
  rows: readonly CandidateRow[]
}

/** Columns end where the next title begins: a command may have spaces. */
const TITLES = ['PID', 'COMMAND', 'RSS', 'SWAP', 'ADJ', 'BADNESS', 'SCORE'] as const

/** Reads what `candidateTable` wrote, or somebody else since. @returns undefined for what is no such table. */
export function parseCandidateTable(text: string): CandidateRows | undefined {
  const lines = text.split('\n').map((line) => line.replace(/^ {6}/, ''))
  const at = lines.findIndex((line) => line.startsWith('PID '))
  const titles = lines[at]
  if (titles === undefined) return undefined
  const starts = TITLES.map((title) => titles.indexOf(title))
  if (starts.includes(-1)) return undefined
  const rows = lines.slice(at + 1).flatMap((line): CandidateRow[] => {
    const cell = (title: (typeof TITLES)[number]): string => {
      const column = TITLES.indexOf(title)
      return line.slice(starts[column], starts[column + 1]).trim()
    }
    const badnessPages = numberOf(cell('BADNESS'))
    if (badnessPages === undefined) return []
    const pid = numberOf(cell('PID'))
    const command = pid === undefined ? undefined : cell('COMMAND')
    return [{ pid, command, oomScoreAdj: numberOf(cell('ADJ')), badnessPages }]
  })
  return { isKernels: lines.slice(0, at).every((line) => line.trim() === ''), rows }
}

function numberOf(text: string): number | undefined {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
}
