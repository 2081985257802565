import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pino from 'pino'
import type { DesiredContainer } from '#contract/desiredState.ts'
import type { Adjuster, Swept } from '../adjust/adjuster.ts'
import type { Desired } from '../adjust/target.ts'
import { Hold } from '../adjust/hold.ts'
import { Wake } from '../adjust/wake.ts'
import { ruleOf } from '../testing/rules.ts'
import type { DesiredLink, DesiredListener, ReadDesired } from './desiredLink.ts'
import { runAdjustments } from './runAdjustments.ts'
import type { NodeReport, StatusTeller } from './statusTeller.ts'

const CONTAINER: DesiredContainer = {
  podUid: 'p',
  name: 'app',
  containerId: 'a'.repeat(64),
  rules: [0],
}
const DESIRED: ReadDesired = { rules: [ruleOf()], containers: [CONTAINER], revision: 7, leaseRevision: 5 }
const NOTHING: ReadDesired = { rules: [], containers: [], revision: 8, leaseRevision: 5 }
const APPLIED = { containerId: 'a'.repeat(64), outcomes: [{ rule: 0, outcome: 'applied' as const, processes: 1 }] }
const TOLD = { rules: [], reasons: [], containers: [APPLIED] }
const NOW = '2026-03-01T10:00:00.000Z'

/** Hands on what the test says is desired, for as long as it listens. */
class FakeLink {
  tell: (desired: ReadDesired) => void = () => undefined
  hold: () => void = () => undefined

  run(listener: DesiredListener, signal: AbortSignal): Promise<void> {
    this.tell = (desired) => listener.read(desired)
    this.hold = () => listener.held()
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
  }
}

/** Every container as it was desired, at once. */
class FakeAdjuster {
  readonly sweeps: Desired[] = []
  readonly looks: string[][] = []
  writes = 0
  failure: Error | undefined
  unnamed: string[] = []
  waitMs = 0
  unsaved: string | undefined

  sweep(desired: Desired): Swept {
    this.sweeps.push(desired)
    if (this.failure !== undefined) throw this.failure
    const containers = desired.containers.map(() => APPLIED)
    const { unnamed, waitMs, unsaved } = this
    return { told: { ...TOLD, containers }, restoring: 0, unnamed, waitMs, unsaved }
  }

  sweepNew(_desired: Desired, begun: ReadonlySet<string>): { unnamed: string[]; writes: number } {
    this.looks.push([...begun])
    return { unnamed: this.unnamed, writes: this.writes }
  }
}

let link: FakeLink
let adjuster: FakeAdjuster
let wake: Wake
let monotonicMs: number
const holdOf = () =>
  new Hold(
    undefined,
    () => ({ bootId: 'b', monotonicMs, wallMs: Date.parse(NOW) + monotonicMs }),
    () => undefined,
  )
let told: NodeReport[]
let said: string[]
let stop: AbortController
let running: Promise<void>

/** What is due by then. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await turn()
}

beforeEach(() => {
  link = new FakeLink()
  adjuster = new FakeAdjuster()
  wake = new Wake()
  monotonicMs = 0
  told = []
  said = []
  stop = new AbortController()
  const teller = { tell: (report: NodeReport) => void told.push(report) }
  const logger = pino({ base: null }, { write: (line: string) => void said.push(line) })
  running = runAdjustments(
    link as unknown as DesiredLink,
    adjuster as unknown as Adjuster,
    holdOf(),
    wake,
    teller as StatusTeller,
    logger,
    () => new Date(NOW),
    stop.signal,
  )
})

afterEach(async () => {
  stop.abort()
  await running
})

describe('runAdjustments', () => {
  it('writes and gives back nothing before the desired state was read once', async () => {
    wake.call()
    await settle()
    expect(adjuster.sweeps).toEqual([])
    expect(told).toEqual([])
  })

  it('sweeps as soon as it is told what is desired, and tells what became of it, with the revision', async () => {
    link.tell(DESIRED)
    await settle()
    expect(adjuster.sweeps).toEqual([DESIRED])
    expect(told).toEqual([{ ...TOLD, desiredRevision: 7, restoring: 0 }])
    link.tell(NOTHING)
    await settle()
    expect(told.at(-1)).toEqual({ ...TOLD, containers: [], desiredRevision: 8, restoring: 0 })
  })

  it('looks at what is new when a cgroup has come to be, and tells nothing where nothing was written', async () => {
    link.tell(DESIRED)
    await settle()
    wake.call()
    await settle()
    expect([adjuster.sweeps.length, adjuster.looks]).toEqual([1, [[]]])
    expect(told).toHaveLength(1)
    expect(said.filter((line) => line.includes('scores as desired'))).toHaveLength(1)
  })

  it('sweeps soon after something was written to a new container, to tell of it', async () => {
    link.tell(DESIRED)
    await settle()
    adjuster.writes = 1
    wake.call()
    await settle()
    expect(adjuster.sweeps).toHaveLength(1)
    adjuster.writes = 0
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(adjuster.sweeps).toHaveLength(2)
  })

  it('looks once more for a cgroup that comes to be during a sweep', async () => {
    const sweep = adjuster.sweep.bind(adjuster)
    adjuster.sweep = (desired) => {
      wake.call()
      return sweep(desired)
    }
    link.tell(DESIRED)
    await settle()
    expect(adjuster.looks).toEqual([[]])
  })

  it('looks again within milliseconds at a container that begins, and at no other', async () => {
    adjuster.unnamed = ['b'.repeat(64)]
    link.tell(DESIRED)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(adjuster.sweeps).toHaveLength(1)
    expect(adjuster.looks.length).toBeGreaterThan(2)
    expect(new Set(adjuster.looks.flat())).toEqual(new Set(['b'.repeat(64)]))
  })

  it('looks again soon while writes wait for their turn, and not for each of them', async () => {
    adjuster.waitMs = 5
    link.tell(DESIRED)
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(adjuster.sweeps).toHaveLength(2)
  })

  it('says once why nothing is written where what was there before cannot be saved, and tells the status', async () => {
    adjuster.unsaved = 'ENOSPC: no space left on device'
    link.tell(DESIRED)
    await settle()
    link.tell({ ...DESIRED, revision: 8 })
    await settle()
    expect(told).toHaveLength(2)
    expect(said.filter((line) => line.includes('expected to save what was there before, got: ENOSPC'))).toHaveLength(1)
  })

  it('says that a sweep failed, tells no status of it, and goes on', async () => {
    adjuster.failure = new Error('EIO: i/o error')
    link.tell(DESIRED)
    await settle()
    expect(told).toEqual([])
    expect(said).toEqual([expect.stringContaining('expected to bring the scores to what is desired, got: EIO')])
    adjuster.failure = undefined
    wake.call()
    await settle()
    expect(told).toHaveLength(1)
  })

  it('says since when the desired state can be read no more, and no more once it can', async () => {
    link.tell(DESIRED)
    await settle()
    link.hold()
    wake.call()
    await settle()
    expect(told.at(-1)).toMatchObject({ desiredRevision: 7, heldSince: NOW })
    link.tell(DESIRED)
    await settle()
    expect(told.at(-1)).not.toHaveProperty('heldSince')
  })

  it('gives back what was held for longer than its policy says, says so once, and applies it again once confirmed', async () => {
    link.tell(DESIRED)
    await settle()
    monotonicMs = 86_400_001
    wake.call()
    await settle()
    wake.call()
    await settle()
    expect(adjuster.sweeps.at(-1)?.rules[0]?.suspended?.reason).toBe('HoldExpired')
    expect(told.at(-1)).toMatchObject({ heldSince: NOW })
    expect(said.filter((line) => line.includes('got none for 1440 min'))).toHaveLength(1)
    link.tell({ ...DESIRED, leaseRevision: 6 })
    await settle()
    expect(adjuster.sweeps.at(-1)).toMatchObject({ rules: [{ policy: 'p' }] })
    expect(adjuster.sweeps.at(-1)?.rules[0]).not.toHaveProperty('suspended')
    expect(told.at(-1)).not.toHaveProperty('heldSince')
  })

  it('applies a state that is only remembered, and takes it for no confirmation', async () => {
    const { leaseRevision: _, ...remembered } = DESIRED
    link.hold()
    link.tell(remembered)
    await settle()
    expect(adjuster.sweeps).toHaveLength(1)
    expect(told.at(-1)).toMatchObject({ heldSince: NOW })
  })

  it('ends when it is stopped, and leaves the scores as they are', async () => {
    link.tell(DESIRED)
    await settle()
    stop.abort()
    await expect(running).resolves.toBeUndefined()
    expect(adjuster.sweeps).toHaveLength(1)
  })

  it('ends with why it never got a connection', async () => {
    const failing = { run: () => Promise.reject(new Error('aborted while connecting')) }
    const ended = new AbortController()
    const ending = runAdjustments(
      failing as unknown as DesiredLink,
      adjuster as unknown as Adjuster,
      holdOf(),
      new Wake(),
      { tell: () => undefined } as unknown as StatusTeller,
      pino({ level: 'silent' }),
      () => new Date(NOW),
      ended.signal,
    )
    await settle()
    ended.abort()
    await expect(ending).rejects.toThrow('aborted while connecting')
  })
})
