import { adviseOn } from './advice/advice.ts'
import { explainAsked } from './asked.ts'
import { explainChoice } from './choice/choice.ts'
import type { Explanation } from './explanation.ts'
import { gatherFacts, type OomFacts } from './facts.ts'
import { explainLimit } from './limit/limit.ts'
import { explainMemory } from './memory.ts'
import type { OomCase } from './oomCase.ts'
import { giveVerdict } from './verdict.ts'
import { explainWorth } from './worth.ts'
import { explainZones } from './zones.ts'

/**
 * Explains one invocation of the OOM killer from what the log holds of it, however little that is. Never throws; what
 * cannot be told is said to be missing.
 */
export function explainOom(oomCase: OomCase): Explanation {
  const facts = gatherFacts(oomCase)
  const zones = explainZones(facts)
  const found = {
    asked: explainAsked(facts),
    limit: explainLimit(facts, zones.zones),
    zones,
    memory: explainMemory(facts),
    choice: explainChoice(facts),
    worth: explainWorth(facts, zones.zones),
  }
  const sections = { ...found, advice: adviseOn(facts, found) }
  return { verdict: giveVerdict(facts, sections), ...sections, missing: missingFrom(facts) }
}

function missingFrom({ oomCase, dump, isMemcg, memory, domain, wholeKib, ramKib }: OomFacts): string[] {
  const isBare = dump.trigger === undefined && dump.tasks.length === 0 && dump.memoryLines.length === 0
  if (isBare) return ['the dump: it was cut, or the kernel left it out (it prints ten in five seconds)']
  return [
    ...(dump.trigger === undefined ? ['the header'] : []),
    ...(dump.kernelRelease === undefined ? ['the kernel’s release'] : []),
    ...(dump.pageSizeKib === undefined ? ['the page size (taken for 4 KiB)'] : []),
    ...(dump.tasks.length === 0 ? ['the task table'] : []),
    ...(!isMemcg && memory.zones.length === 0 ? ['the zones'] : []),
    ...(isMemcg && dump.cgroup.limitKib === undefined ? ['the cgroup’s limit'] : []),
    ...(!isMemcg && ramKib === undefined ? ['the size of RAM'] : []),
    ...(domain !== undefined && wholeKib === undefined ? ['what the nodes that may be used have'] : []),
    ...(oomCase.outcome === 'killed' && oomCase.victims.length === 0 ? ['the kill line'] : []),
  ]
}
