import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { KILL_STREAM, STATE_BUCKET } from '../../contract/subjects.ts'
import { sayFault } from '../support/faultLine.ts'
import { untilReady } from '../support/stack.ts'
import { backUpStream, restoreStream, type StreamBackup } from '../support/streamBackup.ts'
import { inPod, type OperatorWorld } from './operatorWorld.ts'
import { useOperatorWorldWithStreams } from './useOperatorWorld.ts'

let world: OperatorWorld

useOperatorWorldWithStreams((started) => {
  world = started
})

async function putBack(backup: StreamBackup): Promise<void> {
  await (await world.jsm()).streams.delete(KILL_STREAM)
  await restoreStream(world.connection, KILL_STREAM, backup)
}

describe('the operator, over a stream of kills that is restored, with real nats-server, etcd and kube-apiserver', () => {
  it('counts none of its kills again while it runs, and all that are stored from then on', async () => {
    const pod = await world.makePod({ name: 'restored' })
    const operator = await world.readyOperator()
    await world.publishKills(60, inPod(pod))
    await world.untilKills('pod.restored.app', 60)
    const backup = await backUpStream(world.connection, KILL_STREAM)
    await world.publishKills(15, inPod(pod))
    await world.untilKills('pod.restored.app', 75)
    const before = await world.untilSettled()
    await putBack(backup)
    await operator.program.said('OOM_KILLS is another stream than the checkpoint is of', 30_000)
    await world.publishKills(40, inPod(pod))
    await world.untilKills('pod.restored.app', 115)
    const after = await world.untilSettled()
    expect(await world.report('pod.restored.app')).toMatchObject({ kills: 115, byNode: { 'node-a': 115 } })
    expect(after.stream).not.toBe(before.stream)
    sayFault('stream restored from a snapshot', { kills: 115, counted: 115 })
  }, 90_000)

  it('tells by their times what is new where more came than was lost, before it looked', async () => {
    const pod = await world.makePod({ name: 'overgrown' })
    const { program } = await world.readyOperator()
    await world.publishKills(60, inPod(pod))
    await world.untilKills('pod.overgrown.app', 60)
    const backup = await backUpStream(world.connection, KILL_STREAM)
    await world.publishKills(10, inPod(pod))
    await world.untilKills('pod.overgrown.app', 70)
    const { sequence } = await world.untilSettled()
    await program.stop()
    await putBack(backup)
    await world.publishKills(30, inPod(pod))
    expect((await (await world.jsm()).streams.info(KILL_STREAM)).state.last_seq).toBeGreaterThan(sequence)
    await world.readyOperator()
    await world.untilKills('pod.overgrown.app', 100)
    await world.untilSettled()
    expect(await world.report('pod.overgrown.app')).toMatchObject({ kills: 100 })
    sayFault('stream restored, and overgrown', { kills: 100, counted: 100 })
  }, 90_000)

  it('is exact where all of JetStream was put back, with the checkpoint in it', async () => {
    const { storeFolder, process } = world.nats
    const kept = join(world.folder, 'jetstream')
    const pod = await world.makePod({ name: 'volume' })
    const operator = await world.readyOperator()
    await world.publishKills(60, inPod(pod))
    await world.untilKills('pod.volume.app', 60)
    await world.untilSettled()
    await process.stop()
    cpSync(storeFolder, kept, { recursive: true })
    await process.start()
    await world.publishKills(25, inPod(pod))
    await world.untilKills('pod.volume.app', 85)
    await world.untilSettled()
    await process.stop()
    rmSync(storeFolder, { recursive: true })
    cpSync(kept, storeFolder, { recursive: true })
    await process.start()
    await world.publishKills(40, inPod(pod))
    await world.untilKills('pod.volume.app', 125)
    await world.untilSettled()
    expect(await world.report('pod.volume.app')).toMatchObject({ kills: 125, byNode: { 'node-a': 125 } })
    await untilReady(operator)
    sayFault('all of JetStream put back', { kills: 125, counted: 125 })
  }, 90_000)
})

describe('the checkpoint', () => {
  it('is not moved by one that does not know of the last move; its session ends with the reason', async () => {
    const pod = await world.makePod({ name: 'twowriters' })
    const { program } = await world.readyOperator()
    await world.publishKills(30, inPod(pod))
    await world.untilKills('pod.twowriters.app', 30)
    const { stream, sequence } = await world.untilSettled()
    // As an operator does that has lost the lease and does not know it.
    const bucket = await world.js.views.kv(STATE_BUCKET, { bindOnly: true })
    await bucket.put('checkpoint', JSON.stringify({ stream, sequence: sequence - 25 }))
    await world.publishKills(5, inPod(pod))
    await program.said('"code":"CheckpointMoved"')
    await world.untilKills('pod.twowriters.app', 35)
    await world.untilSettled()
    expect(await world.report('pod.twowriters.app')).toMatchObject({ kills: 35 })
  }, 60_000)
})
