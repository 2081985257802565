import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { KV, NatsConnection } from 'nats'
import { desiredRuleOf } from '../../agent/testing/rules.ts'
import type { DesiredScore } from '../../contract/desiredRule.ts'
import { encodeDesiredState } from '../../contract/desiredState.ts'
import { nodeStatus } from '../../contract/nodeStatus.ts'
import { statusSubject } from '../../contract/subjects.ts'
import type { PrivateNats } from '../cluster/privateServers.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { SmallDisk } from '../faults/smallDisk.ts'
import { startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { startDesiredStates } from '../support/desiredStates.ts'
import { FakeContainer, removeFakeKubepods, scoreOf } from '../support/fakeContainer.ts'
import { killAtCall, type Call } from '../support/killAtCall.ts'
import { describeUnless, notRoot } from '../support/leftOut.ts'
import { noStrace } from '../support/trace.ts'

const NODE = 'node-a'
const START = scoreOf(process.pid)
/** The pids of a container's first and second process. */
type Pids = readonly [first: number, second: number]

let nats: PrivateNats
let connection: NatsConnection
let bucket: KV
let folder: string
let agent: AgentProcess
let container: FakeContainer
/** Of the test, besides. */
let others: FakeContainer[]

const start = async (): Promise<void> => {
  agent = await startAgent({ node: NODE, nats, folder })
}
const file = (name: string): string => join(folder, `state-${NODE}`, name)
const evidence = () => agent.program.tail()

/** Of these containers every process by one rule; nothing of none. */
async function want(score: DesiredScore = { value: 700 }, ...of: readonly FakeContainer[]): Promise<void> {
  const rules = of.length === 0 ? [] : [desiredRuleOf({ score })]
  const containers = of.map(({ podUid, name, id: containerId }) => ({ podUid, name, containerId, rules: [0] }))
  await bucket.put(NODE, encodeDesiredState({ version: 2, node: NODE, rules, containers }))
}

const untilScore = (pid: number, score: number): Promise<true> =>
  waitUntil(`oom_score_adj ${score} of ${pid}`, () => scoreOf(pid) === score || undefined, {
    deadlineMs: 15_000,
    everyMs: 20,
    evidence,
  })

/** Ids of the containers of which it is remembered what they had. */
function remembered(): string[] {
  try {
    return Object.keys((JSON.parse(readFileSync(file('scores.json'), 'utf8')) as { containers: object }).containers)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const untilForgotten = (): Promise<true> =>
  waitUntil('nothing to be remembered', () => remembered().length === 0 || undefined, { deadlineMs: 15_000, evidence })

/** What the node's status says of a container: outcome and reason. */
async function untilSaid(of: FakeContainer, said: string): Promise<void> {
  const probe = async () => {
    const jsm = await connection.jetstreamManager()
    const message = await jsm.streams.getMessage('OOM_STATUS', { last_by_subj: statusSubject(NODE) })
    const { containers, reasons } = nodeStatus.parse(message.json())
    const outcomes = containers.find(({ containerId }) => containerId === of.id)?.outcomes ?? []
    const [text] = outcomes.map(({ outcome, reason }) =>
      reason === undefined ? outcome : `${outcome} ${reasons[reason]?.reason}`,
    )
    return text === said || undefined
  }
  await waitUntil(`the status to say ${said}`, probe, { deadlineMs: 10_000, everyMs: 50, evidence })
}

function makeContainer(options: ConstructorParameters<typeof FakeContainer>[0] = {}): FakeContainer {
  const one = new FakeContainer(options)
  others.push(one)
  return one
}

/** The agent is killed at the call; what has a score of ours then is remembered. */
async function crashAt(call: Call, pids: Pids, change: () => Promise<void>): Promise<void> {
  const strace = await killAtCall(agent.program.pid, call)
  await change()
  expect(await agent.program.ended).toEqual({ code: null, signal: 'SIGKILL' })
  strace.kill()
  if (pids.some((pid) => scoreOf(pid) !== START)) expect(remembered()).toEqual([container.id])
}

/** A process of the container with the pid of one that has ended. */
async function runAsPid(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1))
    if ((await container.run()) === pid) return
  }
  throw new Error(`expected a process to get the pid ${pid}, got others a hundred times`)
}

const scoreFile = (pid: number): string => `/proc/${pid}/oom_score_adj`

const APPLYING: readonly [string, (pids: Pids) => Call][] = [
  ['before it has noted anything', () => ({ name: 'openat', path: file('scores.json.new') })],
  ['before what it noted is in its place', () => ({ name: 'rename', path: file('scores.json.new') })],
  ['before the first score', ([first]) => ({ name: 'pwrite64', path: scoreFile(first) })],
  ['between two scores', ([, second]) => ({ name: 'pwrite64', path: scoreFile(second) })],
  ['before it has looked at the last score', ([, second]) => ({ name: 'pread64', path: scoreFile(second) })],
]
const GIVING_BACK: typeof APPLYING = [
  ['before the first score', ([first]) => ({ name: 'pwrite64', path: scoreFile(first) })],
  ['between two scores', ([, second]) => ({ name: 'pwrite64', path: scoreFile(second) })],
  ['before it has forgotten', () => ({ name: 'rename', path: file('scores.json.new') })],
]

describeUnless(notRoot, 'an agent, with real processes in a cgroup like a container’s,', () => {
  beforeAll(async () => {
    ;({ nats, connection, bucket } = await startDesiredStates(NODE))
  }, 120_000)

  afterAll(async () => {
    await connection.close()
    await nats.dispose()
    removeFakeKubepods()
  })

  describeUnless(noStrace, 'that is killed (-9) in the middle of its work on scores', () => {
    let pids: Pids

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'oomkeeper-crash-'))
      container = new FakeContainer()
      others = [container]
      pids = [await container.run(), await container.run()]
      await want()
      await start()
    })

    afterEach(async () => {
      await agent.program.kill()
      for (const one of others) await one.remove()
      rmSync(folder, { recursive: true, force: true })
    })

    it.each(APPLYING)(
      'as it applies, %s, goes on when it is started again, and gives each process its own back',
      async (_when, callOf) => {
        await crashAt(callOf(pids), pids, () => want({ delta: 200 }, container))
        await start()
        for (const pid of pids) await untilScore(pid, START + 200)
        await want()
        for (const pid of pids) await untilScore(pid, START)
        await untilForgotten()
      },
      60_000,
    )

    it.each(APPLYING)(
      'as it applies, %s, gives back when it is started again and nothing is desired any more',
      async (_when, callOf) => {
        await crashAt(callOf(pids), pids, () => want({ value: 700 }, container))
        await want()
        await start()
        for (const pid of pids) await untilScore(pid, START)
        await untilForgotten()
      },
      60_000,
    )

    it.each(GIVING_BACK)(
      'as it gives back, %s, does so to the end when it is started again',
      async (_when, callOf) => {
        await want({ value: 700 }, container)
        for (const pid of pids) await untilScore(pid, 700)
        await crashAt(callOf(pids), pids, () => want())
        await start()
        for (const pid of pids) await untilScore(pid, START)
        await untilForgotten()
      },
      60_000,
    )

    it('takes no process for another one that had its pid', async () => {
      const [first, second] = pids
      await want({ value: 700 }, container)
      for (const pid of pids) await untilScore(pid, 700)
      await agent.program.kill()
      process.kill(second, 'SIGKILL')
      const hasEnded = () => !existsSync(`/proc/${second}`) || undefined
      await waitUntil('the process to end', hasEnded, { deadlineMs: 5_000, everyMs: 10 })
      await runAsPid(second)
      writeFileSync(scoreFile(second), String(START + 50))
      await start()
      await untilScore(second, 700)
      await want()
      await untilScore(first, START)
      await untilScore(second, START + 50)
    }, 60_000)
  })

  describe('whose disk does not keep what was there before', () => {
    let disk: SmallDisk | undefined

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'oomkeeper-crash-'))
      container = new FakeContainer()
      others = [container]
      await want()
    })

    afterEach(async () => {
      await agent.program.kill()
      for (const one of others) await one.remove()
      disk?.remove()
      disk = undefined
      rmSync(folder, { recursive: true, force: true })
    })

    it('writes to no container that it could not remember while it is full, says so, and gives back what it wrote before', async () => {
      disk = new SmallDisk(join(folder, `state-${NODE}`))
      const other = makeContainer()
      const [pid, otherPid] = [await container.run(), await other.run()]
      await start()
      await want({ value: 700 }, container)
      await untilScore(pid, 700)
      disk.fill()
      await want({ value: 700 }, container, other)
      await untilSaid(other, 'failed OriginalsUnsaved')
      await agent.program.said('expected to save what was there before, got: ENOSPC')
      expect([scoreOf(pid), scoreOf(otherPid)]).toEqual([700, START])
      await want()
      await untilScore(pid, START)
      await want({ value: 700 }, other)
      await untilSaid(other, 'failed OriginalsUnsaved')
      disk.free()
      await untilScore(otherPid, 700)
      await want()
      await untilScore(otherPid, START)
      await untilForgotten()
    }, 60_000)

    it('leaves containers as they are whose originals were damaged, says so, over restarts, and takes those that start anew', async () => {
      const pid = await container.run()
      await start()
      await want({ delta: 100 }, container)
      await untilScore(pid, START + 100)
      await agent.program.kill()
      truncateSync(file('scores.json'), 60)
      for (let starts = 0; starts < 2; starts++) {
        await start()
        await untilSaid(container, 'failed OriginalsLost')
        expect(scoreOf(pid)).toBe(START + 100)
        if (starts === 0) await agent.program.said('expected the scores of before, got: expected JSON')
        await agent.program.kill()
        await want({ delta: 101 }, container)
      }
      await start()
      const next = makeContainer({ podUid: container.podUid, name: container.name })
      const nextPid = await next.run()
      await untilScore(nextPid, START + 101)
      await want()
      await untilScore(nextPid, START)
      expect(scoreOf(pid)).toBe(START + 100)
    }, 60_000)
  })
})
