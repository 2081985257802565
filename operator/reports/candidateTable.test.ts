import { describe, expect, it } from '@jest/globals'
import type { KillCandidate, KillEvent } from '#contract/killEvent.ts'
import { MAX_CANDIDATES_CHARS } from '../api/killRecord.ts'
import { POD_UID, killEventOf } from '../testing/killEvents.ts'
import { candidateTable, isCandidateVisible } from './candidateTable.ts'

const NEIGHBOUR_UID = '11111111-2222-4333-8444-555566667777'
const candidate: KillCandidate = { pid: 1, command: 'java', uid: 0, totalVmPages: 9, rssPages: 8, badnessPages: 7 }

describe('candidateTable', () => {
  it('has a row for each candidate, best first', () => {
    expect(candidateTable(killEventOf(), () => true)).toBe(
      [
        '',
        '      PID   COMMAND  RSS     SWAP  ADJ  BADNESS  SCORE',
        '      8123  eater    62.5Mi  -     -    16100    -',
        '      8100  sh       400Ki   -     -    101      -',
      ].join('\n'),
    )
  })

  it.each([
    ['liveCgroup', "(not the kernel's list: processes in the victim's cgroup after the kill, BADNESS without ADJ)"],
    ['liveNode', "(not the kernel's list: processes of the node after the kill)"],
  ] as const)('says so above the titles when it is %s', (candidatesFrom, note) => {
    const table = candidateTable(killEventOf({ candidatesFrom }), () => true)
    expect(table?.split('\n').slice(0, 3)).toEqual(['', `      ${note}`, expect.stringMatching(/^ {6}PID /)])
  })

  it('says nothing of the kernel’s own list, told as such or by an older agent', () => {
    const told = candidateTable(killEventOf({ candidatesFrom: 'dump' }), () => true)
    expect(told).toBe(candidateTable(killEventOf(), () => true))
  })

  it('shows nothing but figures of processes that belong to others', () => {
    const table = candidateTable(
      killEventOf({ candidates: [{ ...candidate, command: 'secret', pid: 4711 }] }),
      () => false,
    )
    expect(table).toMatch(/\n {6}- {4}\(other namespace\) {2}32Ki /)
    expect(table).not.toMatch(/secret|4711/)
  })

  it('names the victim, whose report it is, also where the node could not tell its pod any more', () => {
    const event = killEventOf({ scope: 'Node' })
    expect(candidateTable(event, () => false)).toMatch(/\n {6}8123 {2}eater .*\n {6}- {5}\(other namespace\) /)
  })

  describe('of a kill of more than one container', () => {
    const podUid = NEIGHBOUR_UID
    const candidates: KillCandidate[] = [
      { ...candidate, pid: 8123, command: 'eater' },
      { ...candidate, pid: 2, podUid, containerId: 'b'.repeat(64), liveOomScore: 900 },
      { ...candidate, pid: 3, command: 'sshd', liveOomScore: 600 },
      { ...candidate, pid: 4, command: 'gone' },
    ]
    const name = (place: { podUid: string }) => (place.podUid === NEIGHBOUR_UID ? 'db-0/postgresql' : 'eater-abc-1/app')
    const containersOf = (
      changes: Partial<KillEvent>,
      isVisible: (one: { podUid?: string | undefined }) => boolean,
    ) => {
      const table = candidateTable(killEventOf({ scope: 'Node', candidates, ...changes }), isVisible, name)
      const [titles = '', ...rows] = table?.split('\n').slice(1) ?? []
      const at = titles.indexOf('CONTAINER')
      return at === -1 ? undefined : rows.map((line) => line.slice(at))
    }

    it('names the containers, `-` for a process in no pod, and nothing where the node did not tell', () => {
      expect(containersOf({}, () => true)).toEqual(['eater-abc-1/app', 'db-0/postgresql', '-', ''])
    })

    it('names none of others, also not that they are in no pod', () => {
      expect(containersOf({}, () => false)).toEqual(['eater-abc-1/app', '', '', ''])
    })

    it('has no such column where all are in the victim’s container', () => {
      expect(containersOf({ scope: 'ContainerLimit' }, () => true)).toBeUndefined()
      expect(containersOf({ candidatesFrom: 'liveCgroup' }, () => true)).toBeUndefined()
    })
  })

  it('drops whole rows when hostile names make it too long', () => {
    const candidates = Array.from({ length: 20 }, () => ({
      ...candidate,
      command: '\u2028'.repeat(64),
      badnessPages: 2 ** 52,
    }))
    const table = candidateTable(killEventOf({ candidates, candidatesFrom: 'liveCgroup' }), () => true) ?? ''
    expect(table.length).toBeLessThanOrEqual(MAX_CANDIDATES_CHARS)
    expect(table.split('\n').at(-1)).toMatch(/^ {6}1 /)
  })

  it('is absent when the kernel named nobody', () => {
    expect(candidateTable(killEventOf({ candidates: [] }), () => true)).toBeUndefined()
  })
})

describe('isCandidateVisible', () => {
  const view = {
    namespace: 'shop',
    victimPodUid: POD_UID,
    namespaceOf: (uid: string) => (uid === NEIGHBOUR_UID ? 'shop' : undefined),
  }
  const of = (scope: 'ContainerLimit' | 'PodLimit' | 'Node', podUid?: string) =>
    isCandidateVisible(killEventOf({ scope }), { ...candidate, ...(podUid && { podUid }) }, view)

  it("shows the victim's own container and pod when their limit was hit", () => {
    expect(of('ContainerLimit')).toBe(true)
    expect(of('PodLimit')).toBe(true)
    expect(of('PodLimit', POD_UID)).toBe(true)
  })

  it('shows pods of the same namespace after a kill of the whole node', () => {
    expect(of('Node', POD_UID)).toBe(true)
    expect(of('Node', NEIGHBOUR_UID)).toBe(true)
  })

  it('hides who cannot be told to be of the same namespace', () => {
    expect(of('Node')).toBe(false)
    expect(of('Node', '99999999-2222-4333-8444-555566667777')).toBe(false)
    expect(of('ContainerLimit', NEIGHBOUR_UID)).toBe(false)
  })
})
