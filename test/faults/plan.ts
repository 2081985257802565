import { createRandom, type Random } from '#kernel/random.testkit.ts'

/** What goes wrong. What each does is in faults.ts. */
export const FAULT_KINDS = [
  'agentKilled',
  'natsStopped',
  'natsKilled',
  'diskFull',
  'ringOverrun',
  'operatorKilled',
  'clockStepped',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

/** So many kills flow; some time after their first something breaks, or works again. */
export interface Step {
  kills: number
  delayMs: number
  action?: { kind: FaultKind; does: 'begin' | 'end' }
}

/** Faults that overlap, with kills before, between and after; at its end everything works again. */
export type Round = readonly Step[]

const KILLS_IN_ROUND = { least: 6, most: 14 }
const MAX_AT_ONCE = 3
const MAX_DELAY_MS = 400

/** The same for the same seed. Every one of the kinds comes about equally often, alone and with others. */
export function planRounds(seed: number, kills: number, kinds: readonly FaultKind[]): Round[] {
  const random = createRandom(seed)
  const bag = new Bag(kinds, random)
  const rounds: Round[] = []
  for (let left = kills; left > 0;) {
    const { least, most } = KILLS_IN_ROUND
    const drawn = least + random(most - least + 1)
    // No round is too short to show something.
    const inRound = left - drawn < least ? left : drawn
    rounds.push(planRound(bag.draw(1 + random(MAX_AT_ONCE)), inRound, random))
    left -= inRound
  }
  return rounds
}

function planRound(kinds: readonly FaultKind[], kills: number, random: Random): Round {
  const actions: NonNullable<Step['action']>[] = []
  for (const kind of kinds) {
    const begin = random(actions.length + 1)
    const end = begin + 1 + random(actions.length - begin + 1)
    actions.splice(begin, 0, { kind, does: 'begin' })
    actions.splice(end, 0, { kind, does: 'end' })
  }
  const cuts = actions.map(() => random(kills + 1)).toSorted((a, b) => a - b)
  const steps = actions.map((action, at): Step => ({
    kills: (cuts[at] ?? 0) - (cuts[at - 1] ?? 0),
    delayMs: random(MAX_DELAY_MS),
    action,
  }))
  return [...steps, { kills: kills - (cuts.at(-1) ?? 0), delayMs: 0 }]
}

/** Gives all kinds before it gives one again. */
class Bag {
  readonly #kinds: readonly FaultKind[]
  readonly #random: Random
  #left: FaultKind[] = []

  constructor(kinds: readonly FaultKind[], random: Random) {
    this.#kinds = kinds
    this.#random = random
  }

  draw(count: number): FaultKind[] {
    const drawn: FaultKind[] = []
    for (let take = 0; take < count; take++) {
      if (this.#left.length === 0) this.#left = [...this.#kinds]
      const fitting = this.#left.filter((kind) => !drawn.some((other) => isSameServer(kind, other)))
      const kind = fitting[this.#random(Math.max(1, fitting.length))]
      if (kind === undefined) break
      this.#left.splice(this.#left.indexOf(kind), 1)
      drawn.push(kind)
    }
    return drawn
  }
}

function isSameServer(kind: FaultKind, other: FaultKind): boolean {
  return kind === other || (kind.startsWith('nats') && other.startsWith('nats'))
}
