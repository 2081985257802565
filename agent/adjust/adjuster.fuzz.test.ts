import { describe, expect, it } from '@jest/globals'
import type { DesiredRule, DesiredScore } from '#contract/desiredRule.ts'
import { TokenBucket } from '#program/tokenBucket.ts'
import { createRandom, pick, type Random } from '#kernel/random.testkit.ts'
import { noKillScopes, processOf, ruleOf } from '../testing/rules.ts'
import { Adjuster } from './adjuster.ts'
import type { Originals } from './originals.ts'
import type { ObservedProcess } from './plan.ts'
import type { Desired } from './target.ts'

const ID = 'a'.repeat(64)
/** What the runtime gave to every process of the container, and what a child of an untouched one has. */
const OWN = 200
const COMMANDS = ['server', 'worker', 'sh'] as const
const SCORES: readonly [DesiredScore, ...DesiredScore[]] = [
  { value: 800 },
  { value: OWN },
  { value: 500 },
  { delta: 150 },
  { delta: -900 },
]
type Processes = DesiredRule['processes']
const PROCESSES: readonly [Processes, ...Processes[]] = [
  undefined,
  [{ init: true }],
  [{ command: 'worker' }],
  [{ command: 's*', init: true }, { command: 'sh' }],
]

/** A container whose processes come and go, and an agent that may end at any write and starts anew from its disk. */
class FakeNode {
  readonly #random: Random
  #processes: ObservedProcess[] = [processOf(1, OWN, { startTicks: 1, command: 'server' })]
  #ticks = 1
  #saved: Originals = {}
  #writesLeft = Number.POSITIVE_INFINITY
  #isDiskFull = false
  #adjuster = this.#start()

  constructor(random: Random) {
    this.#random = random
  }

  get scores(): number[] {
    return this.#processes.map(({ oomScoreAdj }) => oomScoreAdj)
  }

  get saved(): Originals {
    return this.#saved
  }

  get processes(): readonly ObservedProcess[] {
    return this.#processes
  }

  /** One process forks, comes in from outside, makes itself another program, or ends; pids come again. */
  change(): void {
    const [first, ...others] = this.#processes
    if (first === undefined) return
    const some = pick([first, ...others], this.#random)
    const kind = this.#random(4)
    if (kind === 0) this.#add(some.oomScoreAdj)
    else if (kind === 1) this.#add(OWN)
    else if (kind === 2) this.#replace(some, { ...some, command: pick(COMMANDS, this.#random) })
    else this.#processes = [first, ...others.filter((process) => process !== some)]
  }

  /**
   * @param writes what the agent lives to write
   * @param isDiskFull whether the disk takes none of it
   */
  sweep(desired: Desired, writes = Number.POSITIVE_INFINITY, isDiskFull = false): void {
    this.#writesLeft = writes
    this.#isDiskFull = isDiskFull
    try {
      this.#adjuster.sweep(desired)
    } catch (error) {
      if ((error as Error).message !== 'killed') throw error
    }
    // Whatever it did after its end came to nothing.
    if (this.#writesLeft < 0) this.#adjuster = this.#start()
  }

  #start(): Adjuster {
    return new Adjuster(this.#saved, {
      observe: () => [{ containerId: ID, podUid: 'pod', name: 'app', cgroup: '/a', processes: [...this.#processes] }],
      readFacts: () => ({}),
      isOfNode: () => false,
      mayLower: true,
      killScopes: noKillScopes(),
      originalsLostAtTicks: undefined,
      noteWrite: () => undefined,
      ownPid: 0,
      budget: new TokenBucket(1_000, 1, 0),
      // Within the time in which a runtime writes: nobody is taken for another writer.
      monotonicMs: () => 0,
      write: (_id, process, oomScoreAdj) => {
        this.#step()
        this.#replace(process, { ...process, oomScoreAdj })
        return { kind: 'written' }
      },
      saveOriginals: (originals) => {
        if (this.#isDiskFull) throw new Error('ENOSPC')
        this.#step()
        this.#saved = structuredClone(originals)
      },
    })
  }

  #step(): void {
    if (this.#writesLeft-- <= 0) throw new Error('killed')
  }

  #add(oomScoreAdj: number): void {
    const used = new Set(this.#processes.map(({ pid }) => pid))
    const pid = [2, 3, 4, 5, 6, 7, 8].find((one) => !used.has(one))
    if (pid === undefined) return
    const command = pick(COMMANDS, this.#random)
    this.#processes = [...this.#processes, processOf(pid, oomScoreAdj, { startTicks: ++this.#ticks, command })]
  }

  #replace(before: ObservedProcess, after: ObservedProcess): void {
    this.#processes = this.#processes.map((process) =>
      process.pid === before.pid && process.startTicks === before.startTicks ? after : process,
    )
  }
}

function anyDesired(random: Random): Desired {
  const rules = Array.from({ length: random(3) }, (_unused, index) =>
    ruleOf({
      policy: `p${index}`,
      mode: random(3) === 0 ? 'Audit' : 'Enforce',
      score: pick(SCORES, random),
      processes: pick(PROCESSES, random),
    }),
  )
  const container = { podUid: 'pod', name: 'app', containerId: ID, rules: rules.map((_rule, place) => place) }
  return { rules, containers: rules.length === 0 ? [] : [container] }
}

/** What each process is to have, by the rules alone. */
function expectedScores({ rules }: Desired, processes: readonly ObservedProcess[]): number[] {
  return processes.map(({ pid, command }) => {
    const deciding = rules.find(
      ({ mode, processes: some }) =>
        mode === 'Enforce' &&
        (some?.some((one) => fitsPlainly(one, command) && (one.init !== true || pid === 1)) ?? true),
    )
    if (deciding?.score === undefined) return OWN
    return 'value' in deciding.score ? deciding.score.value : OWN + deciding.score.delta
  })
}

function fitsPlainly({ command }: { command?: string | undefined }, name: string): boolean {
  return command === undefined || command === name || (command === 's*' && name.startsWith('s'))
}

describe('an Adjuster, with processes that come and go, an agent that ends at any write, and a disk that is full at times', () => {
  it.each(Array.from({ length: 10 }, (_, index) => index))(
    'gives each process what the rules say, and its own in the end: the hundred seeds from %i00 on',
    (hundred) => {
      for (let seed = hundred * 100; seed < hundred * 100 + 100; seed++) {
        const random = createRandom(seed)
        const node = new FakeNode(random)
        for (let round = 0; round < 12; round++) {
          const desired = anyDesired(random)
          for (let sweep = random(3); sweep > 0; sweep--) {
            for (let changes = random(4); changes > 0; changes--) node.change()
            node.sweep(desired, random(6), random(4) === 0)
          }
          node.sweep(desired)
          expect([seed, round, node.scores]).toEqual([seed, round, expectedScores(desired, node.processes)])
        }
        node.sweep({ rules: [], containers: [] })
        expect([seed, node.scores.every((score) => score === OWN), node.saved]).toEqual([seed, true, {}])
      }
    },
  )
})
