import { parseNodeList } from '#kernel/badness/badness.ts'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { Zone } from '#kernel/memory/zone.ts'
import { isAsked, type OomFacts } from './facts.ts'
import { formatCount, formatShare } from './quantity.ts'
import { state, type Statement } from './statement.ts'
import { judgeZone, type ZoneJudgement, type ZoneReason } from './watermark.ts'
import { highestUsable, isAbove, reserveIndex } from './zoneIndex.ts'

/** Why no zone had the memory. Empty on a memory cgroup's kill. */
export interface ZonesSection {
  /** Within a node the highest first, the nodes as printed. */
  zones: readonly ZoneJudgement[]
  /** vm.min_free_kbytes as the watermarks of all nodes give it away, without what reclaim boosted them by. */
  minFreeKib?: number | undefined
  statements: readonly Statement[]
}

export function explainZones(facts: OomFacts): ZonesSection {
  const { memory } = facts
  const order = facts.order ?? 0
  if (facts.isMemcg)
    return {
      zones: [],
      statements: [state('No zone refused: it was the cgroup’s limit that was hit, so no zone is looked at.')],
    }
  if (order < 0)
    return {
      zones: [],
      statements: [state('No zone refused: the kill was asked for by hand (sysrq f, order −1).', { order })],
    }
  if (memory.zones.length === 0)
    return { zones: [], statements: [state('The dump has no zones: why they refused is not known.')] }

  const zones = judgeZones(facts, order)
  const minFreeKib = minFreeOf(memory.zones.filter((zone) => isAsked(facts, zone)))
  return {
    zones,
    // The other nodes' zones have the rest of it, printed or not.
    minFreeKib: facts.domain === undefined ? minFreeKib : undefined,
    statements: [...statementsOn(zones, facts), ...minFreeStatement(minFreeKib, facts)],
  }
}

function judgeZones(facts: OomFacts, order: number): ZoneJudgement[] {
  const { zones } = facts.memory
  // Without its flags a request is taken for the most usual one, which may use all of them.
  const highest = highestUsable(zones, facts.request?.highestZone ?? 'Movable')
  const request = {
    order,
    version: facts.version,
    pageKib: facts.pageKib,
    reserveIndex: reserveIndex(zones, highest),
  }
  const whyNodeIsOut = nodesOut(facts.dump)
  return byNodeHighestFirst(zones).map((zone) => {
    if (isAbove(zone.name, highest))
      return notAsked(zone, 'zoneNotAllowed', `the request may use no zone above ${highest}`)
    const why = whyNodeIsOut(zone.node)
    return why === undefined ? judgeZone(zone, request) : notAsked(zone, 'nodeNotAllowed', why)
  })
}

function notAsked(zone: Zone, reason: ZoneReason, why: string): ZoneJudgement {
  const { node, name, freeKib, minKib, lowKib, highKib } = zone
  const text = `${name}: not asked, ${why}${freeKib === undefined ? '' : ` (${freeKib} kB free)`}`
  return { node, zone: name, freeKib, minKib, lowKib, highKib, reason, refused: undefined, text }
}

/** Printed from the lowest. */
function byNodeHighestFirst(zones: readonly Zone[]): Zone[] {
  const nodes = new Map<number, Zone[]>()
  for (const zone of zones) {
    const others = nodes.get(zone.node)
    if (others === undefined) nodes.set(zone.node, [zone])
    else others.push(zone)
  }
  return [...nodes.values()].flatMap((ofNode) => ofNode.toReversed())
}

/** Why a node is not asked, for those that are not. */
function nodesOut({ nodemask, memsAllowed }: OomDump): (node: number) => string | undefined {
  const policy = nodemask === undefined ? undefined : parseNodeList(nodemask)
  const cpuset = memsAllowed === undefined ? undefined : parseNodeList(memsAllowed)
  return (node) => {
    if (policy?.has(node) === false) return `the memory policy allows node ${nodemask} only`
    return cpuset?.has(node) === false ? `the cpuset allows node ${memsAllowed} only` : undefined
  }
}

function statementsOn(zones: readonly ZoneJudgement[], { request }: OomFacts): Statement[] {
  const refused = zones.filter((zone) => zone.refused === true).length
  const accepting = zones.filter((zone) => zone.refused === false)
  const nodes = new Set(zones.map(({ node }) => node)).size
  const figures = { zones: zones.length, refused, accepting: accepting.length, nodes }
  const statements = [
    state(
      `${formatCount(refused, 'zone')} of ${zones.length} refused: what is free has to exceed the high watermark and the zone’s reserve.`,
      figures,
    ),
  ]
  if (nodes > 1)
    statements.push(state('Within a node the highest zone is first; the nodes stand as printed.', { nodes }))
  if (accepting.length > 0)
    statements.push(
      state(
        `${formatCount(accepting.length, 'zone')} would now accept; the numbers are printed after the decision, and memory may have come free in between.`,
        figures,
      ),
    )
  if (request === undefined)
    statements.push(state('The request’s flags are not known: it is taken to be allowed every zone.'))
  if (request?.thisNodeOnly === true) statements.push(state('The request was for one NUMA node only (__GFP_THISNODE).'))
  return statements
}

/** Source: mm/page_alloc.c, __setup_per_zone_wmarks: HighMem and Movable have a `min` of their own. */
function minFreeOf(zones: readonly Zone[]): number | undefined {
  const mins = zones.flatMap(({ name, minKib, boostKib }) =>
    minKib === undefined || name === 'HighMem' || name === 'Movable' ? [] : [minKib - (boostKib ?? 0)],
  )
  // A boost that is more than what it is a part of: one of them is not as the kernel printed it.
  if (mins.some((min) => min < 0)) return undefined
  return mins.length === 0 ? undefined : mins.reduce((sum, min) => sum + min, 0)
}

function minFreeStatement(minFreeKib: number | undefined, { wholeKib, domain }: OomFacts): Statement[] {
  if (minFreeKib === undefined) return []
  const [what, whole] =
    domain === undefined ? ['vm.min_free_kbytes', 'RAM'] : ['these nodes’ part of vm.min_free_kbytes', 'their memory']
  const share = wholeKib === undefined ? '' : `, ${formatShare(minFreeKib, wholeKib)} of ${whole}`
  const text = `Behind the watermarks stands ${what}, about ${minFreeKib} (the zones’ min added up${share}).`
  return [state(text, { minFreeKib, wholeKib })]
}
