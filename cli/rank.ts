import type { Screen, Watching } from './adapters/watching.ts'
import { formatYaml } from './analysis/yaml.ts'
import { styleOf, type Style } from './analysis/style.ts'
import { localScope } from './ranking/localScope.ts'
import { readLocalRanking, type LocalMachine } from './ranking/localRanking.ts'
import type { NodeQuestion } from './ranking/nodeQuestion.ts'
import { rankNotes } from './ranking/rankNotes.ts'
import { formatScreen } from './ranking/rankScreen.ts'
import { formatRankTable } from './ranking/rankTable.ts'
import type { ShownRanking } from './ranking/shownRanking.ts'
import { watchRanking, type WatchPorts } from './ranking/watchRanking.ts'
import { MAX_TOP_OF_NODE, type RankFlags } from './rankFlags.ts'

export type ReadRanking = () => Promise<ShownRanking>

export interface RankPorts {
  openMachine(flags: Pick<RankFlags, 'proc' | 'cgroupRoot'>): LocalMachine
  /** Reaches the operator for as long as `use` takes. */
  withNode(
    question: NodeQuestion,
    use: (read: ReadRanking) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void>
  untilInterrupted(use: (watching: Watching) => Promise<void>): Promise<void>
  /** @throws ProgramError where there is no terminal */
  withScreen(use: (screen: Screen) => Promise<void>): Promise<void>
  write(text: string): void
  hasColor: boolean
}

const DEFAULT_INTERVAL_S = 2
const DEFAULT_TOP = 10

/** Prints the likeliest victims, once or until it is interrupted. @throws ProgramError */
export async function rank(flags: RankFlags, ports: RankPorts): Promise<void> {
  const style = styleOf(ports.hasColor && !flags.noColor)
  if (flags.watch) {
    return ports.untilInterrupted((watching) =>
      flags.output === 'json' || flags.output === 'yaml'
        ? watchLines(flags, ports, watching)
        : watchScreen(flags, ports, watching, style),
    )
  }
  const top = flags.top ?? DEFAULT_TOP
  await withRanking(flags, ports, { signal: undefined, readTop: () => top }, async (read) => {
    const ranking = await read()
    ports.write(formatOnce(ranking, flags, style))
  })
}

async function watchLines(flags: RankFlags, ports: RankPorts, watching: Watching): Promise<void> {
  const show = (ranking: ShownRanking, trouble: string | undefined) => {
    // A line is a look: without a newer one there is none.
    if (trouble === undefined)
      ports.write(
        flags.output === 'json' ? `${formatJson(ranking)}\n` : `---\n${formatYaml({ version: 1, ...ranking })}`,
      )
  }
  await watch(flags, ports, watching, () => flags.top ?? DEFAULT_TOP, show)
}

async function watchScreen(flags: RankFlags, ports: RankPorts, watching: Watching, style: Style): Promise<void> {
  const { interval = DEFAULT_INTERVAL_S, output } = flags
  await ports.withScreen((screen) =>
    watch(
      flags,
      ports,
      watching,
      () => flags.top ?? Math.max(1, screen.size().rows),
      (ranking, trouble) => {
        const draw = () => {
          const size = screen.size()
          screen.draw(formatScreen(ranking, { isWide: output === 'wide', intervalS: interval, size, style, trouble }))
        }
        screen.onChange(draw)
        draw()
      },
    ),
  )
}

function watch(
  flags: RankFlags,
  ports: RankPorts,
  { signal, sleep }: Watching,
  readTop: () => number,
  show: WatchPorts['show'],
) {
  const intervalMs = (flags.interval ?? DEFAULT_INTERVAL_S) * 1000
  return withRanking(flags, ports, { signal, readTop }, (read) =>
    watchRanking(read, intervalMs, { show, sleep, isInterrupted: () => signal.aborted }),
  )
}

async function withRanking(
  flags: RankFlags,
  ports: RankPorts,
  { signal, readTop }: { signal: AbortSignal | undefined; readTop: () => number },
  use: (read: ReadRanking) => Promise<void>,
): Promise<void> {
  const { node, operator, namespace, context, kubeconfig } = flags
  if (node !== undefined) {
    const { cgroup, pod, container } = flags
    const top = Math.min(readTop(), MAX_TOP_OF_NODE)
    const operatorAt = { operatorUrl: operator, namespace, context, kubeconfig }
    return ports.withNode({ node, top, cgroup, pod, container, ...operatorAt }, use, signal)
  }
  const machine = ports.openMachine(flags)
  return use(() =>
    readLocalRanking(machine, { scope: localScope(flags), top: readTop(), commandLine: flags.commandLine }),
  )
}

function formatOnce(ranking: ShownRanking, flags: RankFlags, style: Style): string {
  if (flags.output === 'yaml') return formatYaml({ version: 1, ...ranking })
  return `${flags.output === 'json' ? formatJson(ranking, 2) : formatText(ranking, flags, style)}\n`
}

function formatJson(ranking: ShownRanking, indent?: number): string {
  return JSON.stringify({ version: 1, ...ranking }, undefined, indent)
}

function formatText(ranking: ShownRanking, { output }: RankFlags, { title, dim }: Style): string {
  const [head = '', ...rows] = formatRankTable(ranking, output === 'wide')
  return [title(head), ...rows, '', ...rankNotes(ranking).map(dim)].join('\n')
}
