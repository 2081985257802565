import { describe, expect, it } from '@jest/globals'
import { killEventOf } from '../../operator/testing/killEvents.ts'
import { clusterOf, containerId, rawPod } from './policies.testkit.ts'
import type { KillIdentity } from './ports.ts'
import { MAX_ASKED, wholeListOf } from './wholeList.ts'

const PART = 'PID COMMAND\n- (other namespace)'
const KILL = { node: 'node-a', bootId: 'b', sequence: 7, candidates: PART }
const { uid: podUid } = rawPod(1).metadata
const row = { pid: 7, command: 'web', uid: 0, totalVmPages: 9, rssPages: 8, badnessPages: 7 }
const EVENT = killEventOf({ scope: 'Node', candidates: [{ ...row, podUid, containerId: containerId(1) }] })

async function reader(event: typeof EVENT | undefined) {
  const asked: KillIdentity[] = []
  const { pods } = await clusterOf(rawPod(1))
  const findKill = (kill: KillIdentity) => {
    asked.push(kill)
    return Promise.resolve(event)
  }
  return { asked, read: wholeListOf(pods, { findKill }) }
}

const kill = (changes: object = {}) =>
  ({ ...KILL, ...changes }) as Parameters<Awaited<ReturnType<typeof reader>>['read']>[0]

describe('wholeListOf', () => {
  it('has the names of all, by the kill as its node told it', async () => {
    const { asked, read } = await reader(EVENT)
    expect(await read(kill())).toContain('shop/web-abc-1/app')
    expect(asked).toEqual([{ node: 'node-a', bootId: 'b', sequence: 7 }])
  })

  it.each([
    ['whose report names all', { candidates: 'PID COMMAND' }],
    ['without a list', { candidates: undefined }],
    ['whose line is lost', { recoveredAs: 'm-1-2' }],
    ['of an earlier form', { bootId: undefined }],
  ])('asks nobody of a kill %s', async (_which, changes) => {
    const { asked, read } = await reader(EVENT)
    expect([await read(kill(changes)), asked]).toEqual([undefined, []])
  })

  it('has none where nobody has the kill any more, and asks so often only', async () => {
    const { asked, read } = await reader(undefined)
    for (let at = 0; at < MAX_ASKED + 5; at++) expect(await read(kill({ sequence: at }))).toBeUndefined()
    expect(asked).toHaveLength(MAX_ASKED)
  })
})
