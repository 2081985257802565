import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { KILL_STREAM, STATE_BUCKET } from '../../contract/subjects.ts'
import { readKubeconfig, writeKubeconfig } from '../cluster/parts/kubeconfig.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { startBusyApiserver } from '../support/busyApiserver.ts'
import { sayFault, secondsSince } from '../support/faultLine.ts'
import { untilReady } from '../support/stack.ts'
import { inPod, type OperatorWorld } from './operatorWorld.ts'
import { useOperatorWorldWithStreams } from './useOperatorWorld.ts'

/** While the apiserver is away: a short form in CI, 5000 for the long one. */
const OUTAGE_KILLS = Number(process.env['OUTAGE_KILLS'] ?? 200)
const WORKLOADS = 5

let world: OperatorWorld

useOperatorWorldWithStreams((started) => {
  world = started
})

const lastSequence = async (): Promise<number> => (await (await world.jsm()).streams.info(KILL_STREAM)).state.last_seq

/** All kills are on their way into the operator, and a moment has passed: it has read them. */
async function untilDelivered(): Promise<void> {
  const last = await lastSequence()
  const isDelivered = async () => {
    const readers = await (await world.jsm()).consumers.list(KILL_STREAM).next()
    return readers.some(({ delivered }) => delivered.stream_seq >= last) || undefined
  }
  await waitUntil(`kill ${last} to be delivered`, isDelivered, { deadlineMs: 10_000, everyMs: 20 })
  await sleep(200)
}

const checkpoint = async (): Promise<number> => {
  const bucket = await world.js.views.kv(STATE_BUCKET, { bindOnly: true })
  return (await bucket.get('checkpoint'))?.json<{ sequence: number }>().sequence ?? 0
}

describe('the operator, when what it stands on fails for long, with real nats-server, etcd and kube-apiserver', () => {
  it(`counts ${OUTAGE_KILLS} kills of an apiserver's absence`, async () => {
    const names = Array.from({ length: WORKLOADS }, (_, at) => `outage-${at}`)
    const pods = await Promise.all(names.map((name) => world.makePod({ name })))
    const operator = await world.readyOperator()
    await world.api.apiserver.kill()
    for (let kill = 0; kill < OUTAGE_KILLS; kill++) await world.publishKills(1, inPod(pods[kill % WORKLOADS]!))
    const startedMs = performance.now()
    await world.api.apiserver.start()
    let counted = 0
    for (const [at, name] of names.entries()) {
      const kills = Math.floor((OUTAGE_KILLS + WORKLOADS - 1 - at) / WORKLOADS)
      expect(await world.untilKills(`pod.${name}.app`, kills)).toMatchObject({ kills })
      counted += kills
    }
    sayFault('apiserver away', { kills: OUTAGE_KILLS, counted, 'all right after': secondsSince(startedMs) })
    await untilReady(operator)
  }, 300_000)

  it('counts through an apiserver that refuses a third of the requests with 429', async () => {
    const pod = await world.makePod({ name: 'refused' })
    const busy = await startBusyApiserver(readKubeconfig(world.kubeconfig), world.folder, 33)
    try {
      const kubeconfig = join(world.folder, 'busy-kubeconfig')
      writeKubeconfig(kubeconfig, busy.access)
      // Not ready: each refusal is a step that is tried again.
      const { program } = await world.startOperator({}, kubeconfig)
      await program.said('"msg":"reading kills"', 30_000)
      const startedMs = performance.now()
      for (let burst = 0; burst < 10; burst++) {
        await world.publishKills(5, inPod(pod))
        await sleep(300)
      }
      expect(await world.untilKills('pod.refused.app', 50)).toMatchObject({ kills: 50 })
      expect(busy.counts.refused).toBeGreaterThan(5)
      const { refused, passed } = busy.counts
      sayFault('429 of a third', {
        kills: 50,
        counted: 50,
        refused,
        passed,
        'all right after': secondsSince(startedMs),
      })
    } finally {
      await world.endOperators()
      await busy.close()
    }
  }, 60_000)

  it('counts through conflicts: somebody else writes the same report all the time', async () => {
    const pod = await world.makePod({ name: 'contended' })
    await world.readyOperator()
    await world.publishKills(1, inPod(pod))
    await world.untilKills('pod.contended.app', 1)
    let isOver = false
    let writes = 0
    const writer = (async () => {
      for (; !isOver; writes++) {
        const args = ['annotate', 'oomr', '-n', 'shop', 'pod.contended.app', `example.org/n=${writes}`, '--overwrite']
        await world.api.kubectl(args)
      }
    })()
    for (let burst = 0; burst < 10; burst++) {
      await world.publishKills(4, inPod(pod))
      await sleep(300)
    }
    expect(await world.untilKills('pod.contended.app', 41)).toMatchObject({ kills: 41 })
    isOver = true
    await writer
    sayFault('conflicts', { kills: 41, counted: 41, 'writes of another': writes })
  }, 60_000)

  it('makes its reader anew when somebody deletes it', async () => {
    const pod = await world.makePod({ name: 'unread' })
    const operator = await world.readyOperator()
    const jsm = await world.jsm()
    let deleted = 0
    const startedMs = performance.now()
    for (let round = 1; round <= 3; round++) {
      for await (const { name } of jsm.consumers.list(KILL_STREAM)) {
        await jsm.consumers.delete(KILL_STREAM, name)
        deleted++
      }
      await world.publishKills(4, inPod(pod))
      await world.untilKills('pod.unread.app', 4 * round)
    }
    expect(await world.report('pod.unread.app')).toMatchObject({ kills: 12 })
    expect(deleted).toBeGreaterThanOrEqual(3)
    await untilReady(operator)
    sayFault('reader deleted', { kills: 12, counted: 12, 'readers deleted': deleted, in: secondsSince(startedMs) })
  }, 90_000)

  it('counts while etcd stands still again and again', async () => {
    const pod = await world.makePod({ name: 'slow' })
    await world.readyOperator()
    const { pid } = world.api.etcd
    if (pid === undefined) throw new Error('expected etcd to run, got no process')
    const startedMs = performance.now()
    for (let round = 0; round < 3; round++) {
      process.kill(pid, 'SIGSTOP')
      try {
        await world.publishKills(5, inPod(pod))
        await sleep(3_000)
      } finally {
        process.kill(pid, 'SIGCONT')
      }
      await sleep(500)
    }
    expect(await world.untilKills('pod.slow.app', 15)).toMatchObject({ kills: 15 })
    sayFault('etcd stopped for 3 s thrice', { kills: 15, counted: 15, 'all right after': secondsSince(startedMs) })
  }, 90_000)

  it('counts what it has read before it ends, and moves its checkpoint behind that', async () => {
    const pod = await world.makePod({ name: 'drained' })
    const { program } = await world.readyOperator()
    await world.publishKills(1, inPod(pod))
    await world.untilKills('pod.drained.app', 1)
    // The second of its report's two writes is a second away.
    await world.publishKills(20, inPod(pod))
    await untilDelivered()
    const startedMs = performance.now()
    expect(await program.stop()).toEqual({ code: 0, signal: null })
    const endedIn = secondsSince(startedMs)
    expect(await world.report('pod.drained.app')).toMatchObject({ kills: 21 })
    expect(await checkpoint()).toBe(await lastSequence())
    sayFault('asked to end in a burst', { kills: 21, counted: 21, 'ended in': endedIn })
  }, 60_000)

  it('is not ready while NATS is away, says so, and is alive', async () => {
    const operator = await world.readyOperator()
    await world.nats.process.kill()
    const reasons = await waitUntil(
      'readiness to name NATS',
      async () => {
        const text = await (await fetch(`${operator.baseUrl}/readyz`)).text()
        return text.includes('nats: ') ? text : undefined
      },
      { deadlineMs: 15_000 },
    )
    expect((await fetch(`${operator.baseUrl}/livez`)).status).toBe(200)
    expect(reasons).toMatch(/^nats: expected a connection to NATS, got: the connection to 127\.0\.0\.1:\d+ has ended$/m)
    await world.nats.process.start()
    await untilReady(operator)
  }, 60_000)
})
