import { ProcFiles } from '#program/adapters/procFiles.ts'
import { EXIT } from '#program/errors.ts'
import { parseFlags } from '#program/flags.ts'
import { answerFlags, refuse, say } from '../adapters/answer.ts'
import { rank, type RankPorts } from '../rank.ts'
import { findConflicts, rankFlags } from '../rankFlags.ts'

export async function run(name: string, argv: readonly string[]): Promise<number> {
  const parsed = parseFlags(name, rankFlags, argv, process.env)
  if (parsed.kind !== 'values') return answerFlags(name, parsed)
  const conflicts = findConflicts(parsed.values)
  if (conflicts.length > 0) return refuse(name, conflicts, EXIT.usage)
  return say(await rank(parsed.values, { openProc: (root) => new ProcFiles(root), readNode }))
}

/** Loaded only when asked for: it needs zod. */
async function readNode(...args: Parameters<RankPorts['readNode']>): ReturnType<RankPorts['readNode']> {
  const { readNodeRanking } = await import('../adapters/nodeRanking.ts')
  return readNodeRanking(...args)
}
