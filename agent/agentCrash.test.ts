import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import pino from 'pino'
import { Agent } from './agent.ts'
import { openLedger } from './completeness/ledger.ts'
import { groupInLog } from './event/groupKill.ts'
import { locateInLog } from './event/victimPlace.ts'
import { Life, MortalNode } from './testing/mortalNode.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
/** Longer than any wait until something is on disk, or called lost. */
const REST_MS = 10_000

/** What is wrong with the disk, or with JetStream, while the first kills are told. */
type Trouble = 'none' | 'diskFull' | 'streamFull' | 'both'

function startAgent(node: MortalNode, life: Life) {
  const identity = { node: 'node-a', bootId: BOOT, source: 'kmsg' as const, pageSizeKib: 4 }
  const agent = new Agent(
    {
      ...identity,
      readLive: () => undefined,
      locate: locateInLog,
      readGroup: groupInLog,
      readContext: () => undefined,
      foresee: () => undefined,
      rankDomain: () => undefined,
    },
    {
      ...node.portsOf(life),
      settleCounts: () => undefined,
      doubtCounts: () => undefined,
      readCgroupId: () => undefined,
      now: () => ({ wallMs: 0, monotonicUsec: 10 }),
      random: () => 0,
      logger: pino({ level: 'silent' }),
    },
  )
  const stop = new AbortController()
  const ended = agent.run(stop.signal).catch(() => undefined)
  const end = async () => {
    stop.abort()
    await jest.advanceTimersByTimeAsync(0)
    await ended
  }
  return { agent, end }
}

/** Kills before a crash, while something is wrong, and after. @returns how many steps the first life had */
async function live(trouble: Trouble, endsBefore: number, isOverrun: boolean) {
  const node = new MortalNode()
  node.ledgerFile.ledger = openLedger(undefined, BOOT, true)
  node.cursorFile.cursor = { bootId: BOOT, sequence: 1 }
  const life = new Life(endsBefore)
  const first = startAgent(node, life)
  node.kill()
  await jest.advanceTimersByTimeAsync(REST_MS)
  node.spool.full = trouble === 'diskFull' || trouble === 'both'
  node.stream.full = trouble === 'streamFull' || trouble === 'both'
  // The cursor has somewhere to go, up to the kill.
  node.print('something else')
  node.kill()
  node.kill()
  await jest.advanceTimersByTimeAsync(REST_MS)
  node.spool.full = false
  node.kill()
  await jest.advanceTimersByTimeAsync(20)
  node.stream.full = false
  await jest.advanceTimersByTimeAsync(endsBefore === Number.POSITIVE_INFINITY ? 3 * REST_MS : 0)
  const { steps } = life
  life.end()
  await first.end()

  if (isOverrun) node.overrun()
  node.stream.full = false
  const second = startAgent(node, new Life(Number.POSITIVE_INFINITY))
  node.kill()
  await jest.advanceTimersByTimeAsync(5 * REST_MS)
  const { completeness } = second.agent
  await second.end()
  return { steps, completeness, node }
}

describe('Agent, killed before any one of its writes and messages', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it.each<[Trouble, boolean]>([
    ['none', false],
    ['none', true],
    ['streamFull', false],
    ['streamFull', true],
    ['diskFull', false],
    ['diskFull', true],
    ['both', false],
    ['both', true],
  ])(
    'accounts for each kill, and counts none as read that is not stored: full: %s, ring overrun: %s',
    async (trouble, isOverrun) => {
      const { steps } = await live(trouble, Number.POSITIVE_INFINITY, isOverrun)
      expect(steps).toBeGreaterThan(15)
      for (let cut = 0; cut <= steps; cut++) {
        const { completeness, node } = await live(trouble, cut, isOverrun)
        const stored = node.stream.messages.size
        const { kernelKills = 0, killLines = 0, killsLost = 0, killsUnseen } = completeness ?? {}
        const account = { cut, kernelKills, known: killLines + killsLost, killsUnseen }
        expect(account).toEqual({ cut, kernelKills: node.kernelKills, known: node.kernelKills, killsUnseen: 0 })
        // Stored from memory, which the disk did not take: called lost, then, where the ring has it no more. Never the other way.
        const isUnknown = trouble === 'diskFull' && isOverrun
        expect({ cut, killLines: isUnknown ? Math.max(stored, killLines) : killLines }).toEqual({
          cut,
          killLines: stored,
        })
        if (!isOverrun) expect({ cut, stored }).toEqual({ cut, stored: node.kernelKills })
      }
    },
    60_000,
  )
})
