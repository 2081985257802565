import { describe, expect, it } from '@jest/globals'
import { KILL_STREAM } from '../../contract/subjects.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { untilReady } from '../support/stack.ts'
import { inPod, type OperatorWorld } from './operatorWorld.ts'
import { useOperatorWorldWithStreams } from './useOperatorWorld.ts'

const OUTSIDE = { attribution: { source: 'dump' as const, cgroupPath: '/system.slice/sshd.service' } }

let world: OperatorWorld

useOperatorWorldWithStreams((started) => {
  world = started
})

describe('the operator, when things break, with real nats-server, etcd and kube-apiserver', () => {
  it('counts exactly when it is killed ten times between a write and the checkpoint, and nats-server with it', async () => {
    const pod = await world.makePod({ name: 'crash' })
    const onNode = (await world.nodeReport('node-b'))?.kills ?? 0
    for (let crash = 1; crash <= 10; crash++) {
      await world.publishKills(3, inPod(pod))
      await world.publishKills(1, { node: 'node-b', ...OUTSIDE })
      const { program } = await world.startOperator({ OOMKEEPER_FAILPOINT: 'after-status-write' })
      await program.said('failpoint after-status-write reached')
      expect(await program.kill()).toEqual({ code: null, signal: 'SIGKILL' })
      if (crash % 4 === 0) {
        await world.nats.process.kill()
        await world.nats.process.start()
      }
    }
    await world.readyOperator()
    await world.publishKills(1, { node: 'node-b', ...OUTSIDE })
    const status = await waitUntil(
      'the last kill',
      async () => {
        const report = await world.nodeReport('node-b')
        return report !== undefined && report.kills >= onNode + 11 ? report : undefined
      },
      { deadlineMs: 30_000 },
    )
    expect(status).toMatchObject({ kills: onNode + 11, byReason: { OutsidePod: onNode + 11 } })
    // Written in an order of its own.
    const { kills, byNode, byScope, lastKills } = await world.untilKills('pod.crash.app', 30)
    expect({ kills, byNode, byScope }).toEqual({ kills: 30, byNode: { 'node-a': 30 }, byScope: { ContainerLimit: 30 } })
    expect(new Set(lastKills?.map(({ sequence }) => sequence)).size).toBe(20)
  }, 120_000)

  it('does not count on the node what it counted for a pod that went away with it', async () => {
    const pod = await world.makePod({ name: 'leaver' })
    await world.publishKills(1, inPod(pod))
    const { program } = await world.startOperator({ OOMKEEPER_FAILPOINT: 'after-status-write' })
    await program.said('failpoint after-status-write reached')
    await program.kill()
    await world.api.kubectl(['delete', 'pod', '-n', 'shop', 'leaver', '--grace-period=0', '--force'])
    const bystander = await world.makePod({ name: 'bystander' })
    await world.readyOperator()
    await world.publishKills(1, inPod(bystander))
    await world.untilKills('pod.bystander.app', 1)
    expect(await world.report('pod.leaver.app')).toMatchObject({ kills: 1 })
    expect((await world.nodeReport('node-a'))?.byReason['PodUnknown']).toBeUndefined()
  }, 60_000)

  it('goes on when nats-server crashes under it', async () => {
    const pod = await world.makePod({ name: 'bridge' })
    const { baseUrl } = await world.readyOperator()
    for (let crash = 1; crash <= 3; crash++) {
      await world.publishKills(2, inPod(pod))
      await world.nats.process.kill()
      await world.nats.process.start()
      await world.publishKills(2, inPod(pod))
    }
    expect(await world.untilKills('pod.bridge.app', 12)).toMatchObject({ kills: 12 })
    const metrics = await (await fetch(`${baseUrl}/metrics`)).text()
    expect(metrics).toMatch(/^oomkeeper_operator_kills_counted_total\{scope="ContainerLimit"\} 12$/m)
    expect(metrics).toMatch(/^oomkeeper_operator_reader_lag_messages 0$/m)
  }, 60_000)

  it('waits while the apiserver is away, says so, and loses nothing', async () => {
    const pod = await world.makePod({ name: 'patient' })
    const { program, baseUrl } = await world.readyOperator()
    await world.publishKills(1, inPod(pod))
    await world.untilKills('pod.patient.app', 1)
    await world.api.apiserver.kill()
    await world.publishKills(5, inPod(pod))
    await program.said('expected an answer of the apiserver')
    await waitUntil(
      'readiness to name the apiserver',
      async () => {
        const response = await fetch(`${baseUrl}/readyz`)
        return (response.status === 503 && (await response.text()).includes('apiserver: ')) || undefined
      },
      { deadlineMs: 10_000 },
    )
    await world.api.apiserver.start()
    await world.publishKills(1, inPod(pod))
    expect(await world.untilKills('pod.patient.app', 7)).toMatchObject({ kills: 7, byNode: { 'node-a': 7 } })
    await untilReady({ program, baseUrl })
    // Once for a request that was cut off, once for those that were refused.
    const said = program.log.match(/"part":"apiserver","code":"ApiserverUnreachable"/g) ?? []
    expect([1, 2]).toContain(said.length)
  }, 60_000)

  it('refuses to run on a stream that would lose kills, and starts anew with one that is right', async () => {
    const pod = await world.makePod({ name: 'replaced' })
    const { program, baseUrl } = await world.readyOperator()
    await world.publishKills(2, inPod(pod))
    await world.untilKills('pod.replaced.app', 2)
    const jsm = await world.jsm()
    await jsm.streams.delete(KILL_STREAM)
    await jsm.streams.add({ name: KILL_STREAM, subjects: ['oom.v1.kill.>'] })
    await program.said('discard: expected \\"new\\", got \\"old\\"', 30_000)
    expect(await (await fetch(`${baseUrl}/readyz`)).text()).toMatch(
      /^reader: stream OOM_KILLS would lose kills as it is/m,
    )
    await jsm.streams.delete(KILL_STREAM)
    await untilReady({ program, baseUrl })
    await world.publishKills(3, inPod(pod))
    expect(await world.untilKills('pod.replaced.app', 5)).toMatchObject({ kills: 5 })
  }, 90_000)
})
