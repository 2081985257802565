import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import pino from 'pino'
import { Agent } from './agent.ts'
import { CgroupKills } from './cgroup/cgroupKills.ts'
import { KillCounters } from './cgroup/killCounters.ts'
import { openLedger } from './completeness/ledger.ts'
import { groupInLog } from './event/groupKill.ts'
import type { VictimPlace } from './event/victimPlace.ts'
import { Life, MortalNode } from './testing/mortalNode.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const [A, B] = ['/kubepods/pod1/a', '/kubepods/pod1/b']
/** Longer than any wait until something is on disk, or called lost. */
const REST_MS = 10_000

/** What is wrong with the disk, or with JetStream, while the first kills are told. */
type Trouble = 'none' | 'diskFull' | 'streamFull' | 'both'

function startAgent(node: MortalNode, life: Life) {
  const identity = { node: 'node-a', bootId: BOOT, source: 'kmsg' as const, pageSizeKib: 4 }
  const counters = new KillCounters({
    cgroups: new CgroupKills({ files: node.cgroups, monotonicMs: () => performance.now(), cpuMs: () => 0 }),
    readKernelKills: () => node.kernelKills,
    readAccountedKills: () => agent.accountedKills,
    onUnexplained: (found) => agent.foundUnexplained(found),
  })
  /** Every third victim is only to be known by what its cgroup has counted. */
  const locate = (pid: number): VictimPlace | undefined => {
    const known = pid % 3 === 0 ? undefined : node.pathOf.get(pid)
    if (known !== undefined) counters.explain(known)
    const cgroupPath = known ?? counters.find().cgroupPath
    return cgroupPath === undefined ? undefined : { source: 'counter', cgroupPath }
  }
  const agent: Agent = new Agent(
    {
      ...identity,
      readLive: () => undefined,
      locate: (outcome) => (outcome.outcome === 'killed' ? locate(outcome.victim.pid) : undefined),
      nodeRoot: { kind: 'whole' },
      readGroup: groupInLog,
      readContext: () => undefined,
      foresee: () => undefined,
      rankDomain: () => undefined,
    },
    {
      ...node.portsOf(life),
      counters,
      readCgroupId: (path) => node.cgroups.readId(path),
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

/** Kills before a crash, while something is wrong, while no agent runs, and after. */
async function live(trouble: Trouble, endsBefore: number, isOverrun: boolean) {
  const node = new MortalNode()
  for (const path of [A, B]) node.cgroups.setKills(path, 0)
  node.ledgerFile.ledger = openLedger(undefined, BOOT, true)
  node.cursorFile.cursor = { bootId: BOOT, sequence: 1 }
  const life = new Life(endsBefore)
  const first = startAgent(node, life)
  await jest.advanceTimersByTimeAsync(REST_MS)
  node.kill(A)
  await jest.advanceTimersByTimeAsync(REST_MS)
  node.spool.full = trouble === 'diskFull' || trouble === 'both'
  node.stream.full = trouble === 'streamFull' || trouble === 'both'
  // The cursor has somewhere to go, up to the kill.
  node.print('something else')
  node.kill(A)
  node.kill(B)
  await jest.advanceTimersByTimeAsync(REST_MS)
  node.spool.full = false
  node.kill(A)
  await jest.advanceTimersByTimeAsync(20)
  node.stream.full = false
  await jest.advanceTimersByTimeAsync(endsBefore === Number.POSITIVE_INFINITY ? 3 * REST_MS : 0)
  const { steps } = life
  life.end()
  await first.end()

  node.kill(B)
  if (isOverrun) node.overrun()
  node.stream.full = false
  const second = startAgent(node, new Life(Number.POSITIVE_INFINITY))
  node.kill(A)
  await jest.advanceTimersByTimeAsync(5 * REST_MS)
  const { completeness } = second.agent
  await second.end()
  return { steps, completeness, node }
}

describe('Agent, killed before any one of its writes and messages', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  const troubles: Trouble[] = ['none', 'streamFull', 'diskFull', 'both']
  const cases = troubles.flatMap((trouble) => [false, true].map((isOverrun) => ({ trouble, isOverrun })))

  it.each(cases)(
    'accounts for each kill, tells it, and tells none twice: $trouble, ring overrun: $isOverrun',
    async ({ trouble, isOverrun }) => {
      const { steps } = await live(trouble, Number.POSITIVE_INFINITY, isOverrun)
      expect(steps).toBeGreaterThan(15)
      const untold: number[] = []
      for (let cut = 0; cut <= steps; cut++) {
        const { completeness, node } = await live(trouble, cut, isOverrun)
        const { kernelKills = 0, killLines = 0, killsLost = 0, killsRecovered = 0, killsUnseen } = completeness ?? {}
        const account = { cut, kernelKills, known: killLines + killsLost, killsUnseen }
        expect(account).toEqual({ cut, kernelKills: node.kernelKills, known: node.kernelKills, killsUnseen: 0 })
        const stored = node.stream.messages.size
        const told = killLines + killsRecovered
        // Stored from memory, which the disk did not take: nobody knows that any more when the ring has lost its line, too.
        const isUnknown = trouble === 'diskFull' && isOverrun
        expect({ cut, told: isUnknown ? Math.max(stored, told) : told }).toEqual({ cut, told: stored })
        if (!isOverrun) expect({ cut, stored }).toEqual({ cut, stored: node.kernelKills })
        untold.push(killsLost - killsRecovered)
      }
      // Where cgroups had been looked at by then, each lost one is told by its cgroup's count.
      const [first, ...others] = untold
      expect({ first, others: new Set(others) }).toEqual({ first: isOverrun ? 5 : 0, others: new Set([0]) })
    },
    60_000,
  )
})
