import { EXIT, isProgramError } from '#program/errors.ts'
import { parseFlags } from '#program/flags.ts'
import { VERSION } from '#program/version.ts'
import { answerFlags, refuse, say } from '../adapters/answer.ts'
import type { ReportTarget } from '../adapters/reportWorld.ts'
import { StoredReports } from '../adapters/storedReports.ts'
import { SHELLS } from '../reports/completion/about.ts'
import { complete } from '../reports/completion/complete.ts'
import { readWords } from '../reports/completion/readWords.ts'
import { formatCompletion, SCRIPTS } from '../reports/completion/scripts.ts'
import { explain } from '../reports/explain.ts'
import { list } from '../reports/list.ts'
import { asRankFlags } from '../reports/rankNode.ts'
import { show } from '../reports/show.ts'
import { simulateNode } from '../reports/simulateNode.ts'
import { tail } from '../reports/tail.ts'
import { top } from '../reports/top.ts'
import { formatVerbs, isVerb, VERBS, type Verb, type VerbName } from '../reports/verbs.ts'
import { run as runPolicy } from './policy.ts'
import { runRank } from './rank.ts'

/** How kubectl calls its plugin, as bin/kubectl-oom says. */
const CALLED_AS = 'OOMKEEPER_CALLED_AS'

export async function run(called: string, argv: readonly string[]): Promise<number> {
  const name = process.env[CALLED_AS] === 'kubectl oom' ? 'kubectl oom' : called
  const [verb, ...rest] = argv
  if (verb === '__complete') return completeWords(rest)
  if (verb === 'help' && rest[0] !== undefined) return run(called, [rest[0], '--help'])
  if (verb === '--help' || verb === '-h' || verb === 'help') return say(formatVerbs(name))
  if (verb === '--version') return say(`oomkeeper ${VERSION}`)
  if (isVerb(verb)) {
    try {
      return await runVerb(`${name} ${verb}`, verb, rest)
    } catch (error) {
      // With the verb before it, and as it was called.
      if (isProgramError(error)) return refuse(`${name} ${verb}`, [error.message], error.exitCode)
      throw error
    }
  }
  const got = verb === undefined ? 'nothing' : `"${verb}"`
  return refuse(name, [`expected a command, got ${got}: --help lists them`], EXIT.usage)
}

async function runVerb(name: string, verb: VerbName, argv: readonly string[]): Promise<number> {
  if (verb === 'policy') return runPolicy(name, argv)
  const { flags, about }: Verb = VERBS[verb]
  const shown = {
    ...about,
    examples: about.examples?.map((call) => call.replace(/^kubectl oom/, name.replace(/ \S+$/, ''))) ?? [],
  }
  const parsed = parseFlags(name, flags, argv, process.env, shown)
  if (parsed.kind !== 'values') return answerFlags(name, parsed)
  const { operand, operands = [] } = parsed
  const values = parsed.values as never
  if (verb === 'completion') return printCompletion(name, operand)
  if (verb === 'rank') {
    if (operand === undefined) return refuse(name, ['expected NODE, got none'], EXIT.usage)
    return runRank(name, asRankFlags(operand, values))
  }
  // Loaded only when asked for: it needs zod.
  const { reportWorld } = await import('../adapters/reportWorld.ts')
  const ports = reportWorld(name, values as ReportTarget)
  switch (verb) {
    case 'list':
      return list(values, ports)
    case 'show':
      return show(values, operand, ports)
    case 'explain':
      return explain(values, operands, ports)
    case 'tail':
      return tail(values, ports)
    case 'top':
      return top(values, ports)
    case 'simulate': {
      const { policy } = values as { policy: string | undefined }
      if (policy === undefined) return simulateNode(values, operand, ports)
      const { simulateWithPolicies } = await import('../policy/simulateWithPolicies.ts')
      const { simulationWorld } = await import('../adapters/policyWorld.ts')
      return simulateWithPolicies(values, operand, { ...ports, ...simulationWorld(values) })
    }
  }
}

function printCompletion(name: string, operand: string | undefined): number {
  const shell = SHELLS.find((known) => known === operand)
  if (shell !== undefined) return say(SCRIPTS[shell].trimEnd())
  const got = operand === undefined ? 'none' : `"${operand}"`
  return refuse(name, [`expected ${SHELLS.join(', ')}, got ${got}`], EXIT.usage)
}

/** Says nothing where the cluster does not answer: nobody looks for an error there. */
async function completeWords(words: readonly string[]): Promise<number> {
  const found = await readWords(complete(words), (target) => new StoredReports(target)).catch(() => [])
  return say(formatCompletion(found, words.at(-1) ?? ''))
}
