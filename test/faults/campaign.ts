import { setTimeout as sleep } from 'node:timers/promises'
import { checkAccount, formatAccount, type Account, type AgentAccount, type SequenceRange } from './account.ts'
import { FAULTS } from './faults.ts'
import type { FaultServers } from './faultServers.ts'
import { FaultWorld } from './faultWorld.ts'
import { planRounds, type FaultKind, type Round } from './plan.ts'
import { untilRest, type Look } from './rest.ts'

export interface CampaignOptions {
  /** Are its own, and gone after it. */
  servers: FaultServers
  kinds: readonly FaultKind[]
  seed: number
  kills: number
  /** Whether at last, in calm, lines are lost that the containers have to tell by their own counts: that takes a minute. */
  losesInCalm: boolean
  onProgress: (kills: number) => void
  signal: AbortSignal
}

export interface CampaignResult {
  /** `counter N = lines L + lost M, …` */
  figures: string
  /** What does not hold; nothing when every kill is accounted for. */
  wrong: string[]
  /** How often each fault came about. */
  faults: Partial<Record<FaultKind, number>>
  agentLog: string
  operatorLog: string
}

const REST_WITHIN_MS = 60_000
const CALM_MS = 35_000
const KILLS_IN_CALM = 5

/** Kills, breaks things meanwhile, and asks at the end who knows of what. Everything it makes is removed. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { servers, kinds, seed, kills, losesInCalm, onProgress, signal } = options
  const { operator } = servers
  const world = await FaultWorld.start(servers)
  try {
    const { look: before, unrest } = await untilRest(world, REST_WITHIN_MS)
    if (unrest !== undefined) throw new Error(`expected rest before the first fault, got: ${unrest}`)
    const faults: CampaignResult['faults'] = {}
    const overruns: SequenceRange[] = []
    // An agent that was starting may not have read what was printed before: only what it has told is certain.
    let from = before.next
    for (const round of planRounds(seed, kills, kinds)) {
      signal.throwIfAborted()
      if (world.hasToldAll) from = world.witness.next
      for (const kind of await runRound(world, round)) {
        faults[kind] = (faults[kind] ?? 0) + 1
        if (kind === 'ringOverrun') overruns.push({ from, to: world.witness.next })
      }
      onProgress(world.made.length)
    }
    const inCalm = losesInCalm ? await loseInCalm(world, overruns) : []
    const after = await untilRest(world, REST_WITHIN_MS)
    if (world.witness.overtaken > 0) throw new Error('expected the second reader to read all records, it could not')
    const account = accountOf(before, after.look, world, overruns)
    const wrong = [...checkAccount(account), ...inCalm, ...world.agent.ownEnds(), ...(operator?.ownEnds() ?? [])]
    if (after.unrest !== undefined) wrong.push(`no rest within ${REST_WITHIN_MS / 1000} s: ${after.unrest}`)
    return {
      figures: formatAccount(account),
      wrong,
      faults,
      agentLog: world.agent.log,
      operatorLog: operator?.log ?? '',
    }
  } finally {
    await world.dispose()
  }
}

/** Kills of which not one line is read, while nothing else happens. @returns what does not hold */
async function loseInCalm(world: FaultWorld, overruns: SequenceRange[]): Promise<string[]> {
  const { look, unrest } = await untilRest(world, REST_WITHIN_MS)
  if (unrest !== undefined) return [`no rest within ${REST_WITHIN_MS / 1000} s: ${unrest}`]
  // The agent has looked at the containers' counts since.
  await sleep(CALM_MS)
  const from = world.witness.next
  const works = await FAULTS.ringOverrun(world)
  await world.kill(KILLS_IN_CALM)
  await works()
  const to = world.witness.next
  overruns.push({ from, to })
  const lost = world.witness.kills.filter(({ sequence }) => sequence >= from && sequence < to).length
  const endMs = performance.now() + REST_WITHIN_MS
  for (;;) {
    const recovered = (await untilRest(world, REST_WITHIN_MS)).look.recovered.size - look.recovered.size
    // More, where some of those that were lost before are found only now.
    if (recovered >= lost) return []
    if (performance.now() > endMs) return [`${lost} lines were lost in calm, ${recovered} kills were recovered`]
    await sleep(1_000)
  }
}

/** @returns the kinds of faults in it */
async function runRound(world: FaultWorld, round: Round): Promise<FaultKind[]> {
  const broken = new Map<FaultKind, () => Promise<void> | void>()
  const kinds: FaultKind[] = []
  for (const { kills, delayMs, action } of round) {
    const flowing = world.kill(kills)
    if (action !== undefined) {
      if (kills > 0) await sleep(delayMs)
      if (action.does === 'begin') {
        broken.set(action.kind, await FAULTS[action.kind](world))
        kinds.push(action.kind)
      } else {
        await broken.get(action.kind)?.()
      }
    }
    await flowing
  }
  return kinds
}

/** What has come between two looks. */
function accountOf(before: Look, after: Look, { witness, made }: FaultWorld, overruns: SequenceRange[]): Account {
  const grown = (what: keyof AgentAccount): number => after.status[what] - before.status[what]
  return {
    counter: after.counter - before.counter,
    printed: witness.kills.filter(({ sequence }) => sequence >= before.next && sequence < after.next),
    made,
    agent: {
      kernelKills: grown('kernelKills'),
      killLines: grown('killLines'),
      killsLost: grown('killsLost'),
      killsRecovered: grown('killsRecovered'),
      killsDropped: grown('killsDropped'),
      killsUnseen: grown('killsUnseen'),
    },
    stream: after.stream.filter(({ sequence }) => sequence >= before.next),
    recovered: [...after.recovered].flatMap(([identity, container]) =>
      before.recovered.has(identity) ? [] : [container],
    ),
    reports: after.reports === undefined ? undefined : after.reports - (before.reports ?? 0),
    overruns,
  }
}
