import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { waitUntil } from '../cluster/process/wait.ts'
import { sayFault, secondsSince } from '../support/faultLine.ts'
import type { OperatorProcess } from '../support/stack.ts'
import { inPod, type OperatorWorld } from './operatorWorld.ts'
import { useOperatorWorld } from './useOperatorWorld.ts'

const ELECTED = { OOMKEEPER_LEADER_ELECT: 'true', OOMKEEPER_LEASE_NAMESPACE: 'shop' }

/** Less than the operator can count. */
const KILL_EVERY_MS = 50

let world: OperatorWorld

useOperatorWorld((started) => {
  world = started
})

afterEach(async () => {
  await world.api.kubectl(['delete', 'lease', '-n', 'shop', 'oomkeeper-operator', '--ignore-not-found'])
})

const holder = async (): Promise<string | undefined> => {
  const lease = await world.get<{ spec: { holderIdentity?: string } }>('lease', '-n', 'shop', 'oomkeeper-operator')
  return lease.spec.holderIdentity
}

/** One that works, and one that stands by and is ready too. */
async function startPair(env: Readonly<Record<string, string>> = {}): Promise<[OperatorProcess, OperatorProcess]> {
  const first = await world.startOperator({ ...ELECTED, ...env })
  await first.program.said('"msg":"leading"')
  const second = await world.readyOperator(ELECTED)
  expect(second.program.log).toContain('"msg":"standing by"')
  expect(second.program.log).not.toContain('reading kills')
  return [first, second]
}

const leads = (operator: OperatorProcess): Promise<void> => operator.program.said('"msg":"reading kills"', 40_000)

describe('two operators and a lease, with real nats-server, etcd and kube-apiserver', () => {
  it('hands over in seconds when the leader is asked to end, and counts each kill once', async () => {
    const pod = await world.makePod({ name: 'graceful' })
    let [leader, follower] = await startPair()
    let published = 0
    let isOver = false
    const kills = (async () => {
      while (!isOver) {
        await world.publishKills(1, inPod(pod))
        published++
        await sleep(KILL_EVERY_MS)
      }
    })()
    let longestMs = 0
    for (let round = 1; round <= 3; round++) {
      const startedMs = performance.now()
      expect(await leader.program.stop()).toEqual({ code: 0, signal: null })
      await leads(follower)
      longestMs = Math.max(longestMs, performance.now() - startedMs)
      leader = follower
      follower = await world.readyOperator(ELECTED)
    }
    isOver = true
    await kills
    expect(await world.untilKills('pod.graceful.app', published)).toMatchObject({ kills: published })
    sayFault('leader ends thrice', {
      kills: published,
      counted: published,
      'longest gap': `${longestMs.toFixed(0)} ms`,
    })
    expect(longestMs).toBeLessThan(15_000)
  }, 90_000)

  it('takes over from a leader that was killed between a write and its checkpoint', async () => {
    const pod = await world.makePod({ name: 'crashed' })
    const [leader, follower] = await startPair({ OOMKEEPER_FAILPOINT: 'after-status-write' })
    await world.publishKills(5, inPod(pod))
    await leader.program.said('failpoint after-status-write reached')
    const startedMs = performance.now()
    await leader.program.kill()
    await world.publishKills(5, inPod(pod))
    expect(await world.untilKills('pod.crashed.app', 10)).toMatchObject({ kills: 10 })
    sayFault('leader killed mid-write', {
      kills: 10,
      counted: 10,
      'taken over and counted in': secondsSince(startedMs),
    })
    expect(follower.program.running).toBe(true)
  }, 60_000)

  it('ends a leader that stood still for longer than the lease, which writes nothing any more', async () => {
    const pod = await world.makePod({ name: 'paused' })
    const [leader, follower] = await startPair()
    await world.publishKills(3, inPod(pod))
    await world.untilKills('pod.paused.app', 3)
    process.kill(leader.program.pid, 'SIGSTOP')
    const startedMs = performance.now()
    await world.publishKills(40, inPod(pod))
    await leads(follower)
    const takenOver = secondsSince(startedMs)
    await world.untilKills('pod.paused.app', 43)
    await world.publishKills(7, inPod(pod))
    process.kill(leader.program.pid, 'SIGCONT')
    expect(await leader.program.ended).toEqual({ code: 3, signal: null })
    expect(leader.program.errors).toContain('expected to hold the lease that lets one operator work')
    expect(await world.untilKills('pod.paused.app', 50)).toMatchObject({ kills: 50 })
    sayFault('leader paused longer than its lease', {
      kills: 50,
      counted: 50,
      'taken over in': takenOver,
      'its exit code': 3,
    })
  }, 60_000)

  it('ends when the apiserver lets nobody renew, and starts again where it was', async () => {
    const pod = await world.makePod({ name: 'cutoff' })
    const leader = await world.readyOperator(ELECTED)
    await world.publishKills(2, inPod(pod))
    await world.untilKills('pod.cutoff.app', 2)
    await world.api.apiserver.kill()
    const startedMs = performance.now()
    expect(await leader.program.ended).toEqual({ code: 3, signal: null })
    const endedIn = secondsSince(startedMs)
    await world.publishKills(2, inPod(pod))
    await world.api.apiserver.start()
    const next = await world.startOperator(ELECTED)
    await leads(next)
    expect(await world.untilKills('pod.cutoff.app', 4)).toMatchObject({ kills: 4 })
    sayFault('apiserver away longer than the lease', { kills: 4, counted: 4, 'leader ended after': endedIn })
  }, 90_000)

  it('shows on /metrics figures of the leader only, so that an alert sees those of none that stands by', async () => {
    const figures = async ({ baseUrl }: OperatorProcess): Promise<Map<string, number>> => {
      const text = await (await fetch(`${baseUrl}/metrics`)).text()
      const samples = text.matchAll(/^oomkeeper_operator_(\w+)(?:\{.*\})? (\S+)$/gm)
      return new Map(Array.from(samples, ([, name = '', value]) => [name, Number(value)]))
    }
    const ofLeader = ['reading', 'reader_lag_messages', 'checkpoint_sequence', 'stream_last_sequence', 'stream_bytes']
    const gathered = ['stream_max_bytes', 'rejects_kept', 'reports', 'reports_recurring', 'agents', 'kills_unseen']
    const [leader, follower] = await startPair()
    await leads(leader)
    await waitUntil(
      'all figures of the leader',
      async () => {
        const known = await figures(leader)
        return [...ofLeader, ...gathered].every((name) => known.has(name)) && known.get('reading') === 1
          ? true
          : undefined
      },
      { deadlineMs: 20_000 },
    )
    const standingBy = await figures(follower)
    expect([...ofLeader, ...gathered].filter((name) => standingBy.has(name))).toEqual([])
    expect(standingBy.get('leading')).toBe(0)
    expect(standingBy.get('kills_counted_total')).toBe(0)
    await leader.program.stop()
    await leads(follower)
    expect((await figures(follower)).get('leading')).toBe(1)
  }, 60_000)

  it('shows who holds it, and lets it go when it ends', async () => {
    const { program, baseUrl } = await world.readyOperator(ELECTED)
    expect(await holder()).toMatch(/_[0-9a-f-]{36}$/)
    expect(await (await fetch(`${baseUrl}/metrics`)).text()).toMatch(/^oomkeeper_operator_leading 1$/m)
    await program.stop()
    await waitUntil('nobody to hold it', async () => ((await holder()) ? undefined : true), { deadlineMs: 5_000 })
  }, 30_000)
})
