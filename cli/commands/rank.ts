import { EXIT } from '#program/errors.ts'
import { parseFlags } from '#program/flags.ts'
import { answerFlags, refuse } from '../adapters/answer.ts'
import { openMachine } from '../adapters/localMachine.ts'
import { showsColor, writeOut } from '../adapters/standardOutput.ts'
import { untilInterrupted, withScreen } from '../adapters/watching.ts'
import { rank, type RankPorts } from '../rank.ts'
import { findConflicts, rankAbout, rankFlags, type RankFlags } from '../rankFlags.ts'

export async function run(name: string, argv: readonly string[]): Promise<number> {
  const parsed = parseFlags(name, rankFlags, argv, process.env, rankAbout)
  return parsed.kind === 'values' ? runRank(name, parsed.values) : answerFlags(name, parsed)
}

/** `kubectl oom rank` ends here too. */
export async function runRank(name: string, flags: RankFlags): Promise<number> {
  const conflicts = findConflicts(flags)
  if (conflicts.length > 0) return refuse(name, conflicts, EXIT.usage)
  await rank(flags, {
    openMachine,
    withNode,
    untilInterrupted,
    withScreen,
    write: writeOut,
    hasColor: showsColor(process.env),
  })
  return EXIT.ok
}

/** Loaded only when asked for: it needs zod. */
async function withNode(...args: Parameters<RankPorts['withNode']>): Promise<void> {
  const { withNodeRanking } = await import('../adapters/nodeRanking.ts')
  return withNodeRanking(...args)
}
