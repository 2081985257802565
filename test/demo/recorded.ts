import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApiserver, startNats } from '../cluster/privateServers.ts'
import { createRunningPod } from '../support/ownedPod.ts'
import { readRecording, recast } from '../support/recording.ts'
import { Stack } from '../support/stack.ts'
import { namespaceManifest } from '../support/workload.ts'
import { showReports, SHOP } from './reports.ts'
import type { Story } from './story.ts'

export const RECORDED_PLAN = [
  'nats-server, etcd and kube-apiserver on 127.0.0.1, and a folder in the temporary folder',
  'binaries built from Go modules, kept in the user cache folder for the next time',
  'objects of a node and a Deployment with its pod in that apiserver; the kill is a RECORDED one, put into that pod',
]

const NODE = 'node-a'
const RECORDING = '6.18-memcg-v1.kmsg'
/** Victim and cgroup in the recording, as its kill line has them. */
const RECORDED = { pid: 12950, command: 'tail', cgroup: '/oomkeeper-kernel-12905' }

/** The same way with a recorded kill: real agent, nats-server, operator and apiserver, but no kubelet. */
export async function demoRecordedKill(story: Story): Promise<[inKernel: number, inReports: number]> {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-demo-'))
  const closing: (() => Promise<unknown>)[] = []
  try {
    story.step('A real apiserver and a real nats-server, without a node')
    const nats = await startNats({ nodes: [NODE], log: story.progress })
    closing.push(() => nats.dispose())
    const api = await startApiserver({ log: story.progress })
    closing.push(() => api.dispose())
    const { kubectl } = api

    story.step('Objects of a node and of a Deployment with its pod, as a kubelet would have them')
    await kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(namespaceManifest(SHOP.namespace)) })
    const pod = await createRunningPod(kubectl, { ...SHOP, node: NODE })
    story.show(`kubectl get pods -n ${SHOP.namespace}`, await kubectl(['get', 'pods', '-n', SHOP.namespace]))

    story.step('A kill that a 6.18 kernel logged, moved into that pod, is read by the agent in place of /dev/kmsg')
    const to = `/kubepods/burstable/pod${pod.uid}/${pod.containerId}`
    const kmsg = join(folder, 'recorded.kmsg')
    writeFileSync(kmsg, recast(readRecording(RECORDING), { cgroup: { from: RECORDED.cgroup, to } }))
    story.show('tail -1 recorded.kmsg', recast(readRecording(RECORDING).slice(-1), {}))
    const stack = await Stack.start({ ...api, nats }, { node: NODE, folder, kmsg })
    closing.push(() => stack.stop())
    const { code } = await stack.agent.program.ended
    if (code !== 0) throw new Error(`expected the agent to end with 0, got ${code}\n${stack.agent.program.tail()}`)

    const expected = { pid: RECORDED.pid, command: RECORDED.command, node: NODE }
    return [1, await showReports(story, kubectl, expected, () => stack.operator.program.tail())]
  } finally {
    story.progress('cleaning up …')
    for (const close of closing.toReversed()) await close()
    rmSync(folder, { recursive: true, force: true })
  }
}
