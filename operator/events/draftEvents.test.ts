import { describe, expect, it } from '@jest/globals'
import type { KillScope } from '#contract/killEvent.ts'
import type { NodeReason } from '../api/nodeOomReport.ts'
import { nodeTarget, type Target } from '../runtime/resolveTarget.ts'
import { killEventOf, POD_UID } from '../testing/killEvents.ts'
import { killOf } from '../testing/killRecords.ts'
import { draftEvents, draftHidden } from './draftEvents.ts'

const spec = { workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'eater' }, container: 'app' }
const key = { kind: 'OOMReport' as const, namespace: 'shop', name: 'deployment.eater.app' }

const inPod = (changes: Parameters<typeof killOf>[1] = {}, workloadUid: string | undefined = 'd1'): Target => ({
  kind: 'OOMReport',
  key,
  spec,
  workloadUid,
  record: killOf(1, changes).record,
})
const onNode = (reason: NodeReason, scope: KillScope = 'Node'): Target => {
  const now = new Date('2026-03-01T10:00:01.000Z')
  return nodeTarget(killEventOf({ scope }), reason, { now, explain: () => ({}), findPod: () => undefined })
}
const about = (target: Target): string[] =>
  draftEvents(target).map(({ regarding: { kind, namespace, name }, reason }) =>
    [reason, kind, namespace ?? '', name].join(' '),
  )

describe('draftEvents', () => {
  it('tells a kill on its pod and on its workload', () => {
    const [pod, workload] = draftEvents(inPod())
    expect(pod).toMatchObject({
      regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'eater-abc-1', uid: POD_UID },
      note: 'OOM killer took eater (pid 8123, 63.5 MiB) in container app: at its memory limit of 64 MiB',
    })
    expect(workload).toMatchObject({
      regarding: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'eater', uid: 'd1' },
      related: { kind: 'Pod', name: 'eater-abc-1' },
      note: 'OOM killer took eater (pid 8123, 63.5 MiB) in container app of pod eater-abc-1: at its memory limit of 64 MiB',
    })
  })

  it('tells a bare pod’s once', () => {
    expect(about({ ...inPod(), workloadUid: undefined } as Target)).toEqual(['OOMVictim Pod shop eater-abc-1'])
  })

  it.each(['Node', 'Kubepods', 'HostCgroup', 'Cpuset', 'MemoryPolicy'] as const)(
    'tells a kill of scope %s on the node too, without naming the tenant',
    (scope) => {
      const drafts = draftEvents(inPod({ scope }))
      expect(drafts.map(({ regarding }) => regarding.kind)).toEqual(['Pod', 'Deployment', 'Node'])
      expect(JSON.stringify(drafts[2])).not.toMatch(/shop|eater-abc/)
      expect(drafts[2]?.regarding).toEqual({ apiVersion: 'v1', kind: 'Node', name: 'node-a', uid: 'node-a' })
    },
  )

  it.each(['OutsidePod', 'CgroupUnknown', 'PodUnknown', 'NamespaceGone', 'WriteRefused'] as const)(
    'tells on the node what no report of a pod holds: %s',
    (reason) => {
      expect(about(onNode(reason))).toEqual(['OOMVictim Node  node-a'])
    },
  )

  it.each(['NoKillable', 'Panic'] as const)('tells that the killer took nobody: %s', (reason) => {
    expect(about(onNode(reason))).toEqual(['OOMNoVictim Node  node-a'])
  })

  it('tells no replay', () => {
    expect(draftEvents(inPod({ source: 'recording' }))).toEqual([])
  })

  it.each([
    ['an hour behind', '2026-03-01T09:00:00.000Z', " (at 2026-03-01T09:00:00.000Z by the node's clock)"],
    ['as the stream has it', '2026-03-01T10:00:00.000Z', ''],
    ['an hour ahead', '2026-03-01T11:00:00.000Z', ''],
  ])('tells by when the stream took it, with the node’s clock %s', (_clock, time, words) => {
    const tell = (storedAt: string, target: Target = inPod({ time })) =>
      draftEvents({ ...target, storedAtMs: Date.parse(storedAt) })
    expect(tell('2026-03-01T10:00:00.500Z').map(({ note }) => note.replace(/^.* MiB/, ''))).toEqual([words, words])
    expect(tell('2026-03-01T09:50:01.000Z')).toHaveLength(2)
    expect(tell('2026-03-01T09:50:00.999Z')).toEqual([])
    const onlyOnNode: Target = nodeTarget(killEventOf({ scope: 'Node', killedAt: time }), 'PodUnknown', {
      now: new Date('2026-03-01T10:00:01.000Z'),
      explain: () => ({}),
      findPod: () => undefined,
    })
    expect(tell('2026-03-01T10:00:00.500Z', onlyOnNode)).toHaveLength(1)
    expect(tell('2026-03-01T09:50:00.999Z', onlyOnNode)).toEqual([])
  })

  it('goes by the node’s clock where the stream’s time is not known, and by none that is ahead', () => {
    expect(draftEvents(inPod({ time: '2026-03-01T09:50:00.999Z' }))).toEqual([])
    expect(draftEvents(inPod({ time: '2026-03-01T09:50:01.000Z' }))).toHaveLength(2)
    expect(draftEvents(inPod({ time: '2026-03-01T11:00:00.000Z' }))).toHaveLength(2)
  })
})

describe('draftHidden', () => {
  const record = killOf(1, { hidden: 'Yes', hiddenReason: 'NotReported', decidedAt: '2026-03-01T10:00:33.000Z' }).record
  const kill = { namespace: 'shop', spec, workloadUid: 'd1', record }

  it('says that the container kept running only where that is known', () => {
    const notes = (keptRunning: boolean): string[] => draftHidden(kill, keptRunning, true).map(({ note }) => note)
    expect(notes(true)[0]).toMatch(/in container app: at its memory limit of 64 MiB; the container kept running$/)
    expect(notes(false)[1]).toMatch(/; Kubernetes did not report it$/)
  })

  it('shows a report that somebody edited as safely as any', () => {
    const hostile = '\u001b[2J\u202e\nx'
    const edited = { ...kill, spec: { ...spec, container: hostile }, record: { ...record, victimCommand: hostile } }
    const drafts = draftHidden(edited, true, true)
    expect(drafts).toHaveLength(2)
    for (const { note } of drafts) {
      expect(note).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      expect(note).toContain('container \\x1b[2J\\u{202e}\\x0ax')
    }
  })

  it('is another Event than that of the kill', () => {
    expect(draftHidden(kill, true, true).map(({ reason, regarding }) => `${reason} ${regarding.kind}`)).toEqual([
      'OOMVictimHidden Pod',
      'OOMVictimHidden Deployment',
    ])
  })

  it('says nothing of a kill that was judged long after, nor of one that was not told', () => {
    const late = { ...kill, record: { ...record, decidedAt: '2026-03-01T11:00:00.000Z' } }
    expect(draftHidden(late, true, true)).toEqual([])
    expect(draftHidden(kill, true, false)).toEqual([])
  })

  it.each(['2026-03-01T09:00:00.000Z', '2026-03-01T11:00:00.000Z'])(
    'says it of a kill that was told, whatever its node’s clock says: %s',
    (time) => {
      expect(draftHidden({ ...kill, record: { ...record, time } }, true, true)).toHaveLength(2)
    },
  )
})
