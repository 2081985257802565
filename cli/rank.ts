import { styleOf } from './analysis/style.ts'
import { localScope } from './ranking/localScope.ts'
import { readLocalRanking, type LocalMachine } from './ranking/localRanking.ts'
import type { NodeQuestion } from './ranking/nodeQuestion.ts'
import { rankNotes } from './ranking/rankNotes.ts'
import { formatRankTable } from './ranking/rankTable.ts'
import type { ShownRanking } from './ranking/shownRanking.ts'
import type { RankFlags } from './rankFlags.ts'

export type ReadRanking = () => Promise<ShownRanking>

export interface RankPorts {
  openMachine(flags: Pick<RankFlags, 'proc' | 'cgroupRoot'>): LocalMachine
  /** Reaches the operator for as long as `use` takes. */
  withNode(question: NodeQuestion, use: (read: ReadRanking) => Promise<void>): Promise<void>
  write(text: string): void
  hasColor: boolean
}

/** Prints the likeliest victims. @throws ProgramError */
export async function rank(flags: RankFlags, ports: RankPorts): Promise<void> {
  await withRanking(flags, ports, async (read) => {
    const ranking = await read()
    ports.write(`${flags.output === 'json' ? formatJson(ranking, 2) : formatText(ranking, flags, ports.hasColor)}\n`)
  })
}

async function withRanking(flags: RankFlags, ports: RankPorts, use: (read: ReadRanking) => Promise<void>) {
  const { top, node, operator, namespace } = flags
  if (node !== undefined) {
    const { cgroup, pod, container } = flags
    return ports.withNode({ node, top, cgroup, pod, container, operatorUrl: operator, namespace }, use)
  }
  const machine = ports.openMachine(flags)
  return use(() => readLocalRanking(machine, { scope: localScope(flags), top, commandLine: flags.commandLine }))
}

function formatJson(ranking: ShownRanking, indent?: number): string {
  return JSON.stringify({ version: 1, ...ranking }, undefined, indent)
}

function formatText(ranking: ShownRanking, { output, noColor }: RankFlags, hasColor: boolean): string {
  const { title, dim } = styleOf(hasColor && !noColor)
  const [head = '', ...rows] = formatRankTable(ranking, output === 'wide')
  return [title(head), ...rows, '', ...rankNotes(ranking).map(dim)].join('\n')
}
