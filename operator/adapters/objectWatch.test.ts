import { beforeEach, describe, expect, it } from '@jest/globals'
import type { KubeAnswer, KubeClient, WatchHandler } from './kubeClient.ts'
import { ObjectWatch } from './objectWatch.ts'

type Watching = (handler: WatchHandler) => Promise<void>

const stop = new Error('stop')
const object = (uid: string, resourceVersion = '1') => ({ metadata: { uid, resourceVersion } })
const page = (uids: readonly string[], resourceVersion: string, next?: string): KubeAnswer => ({
  code: 200,
  body: { metadata: { resourceVersion, continue: next }, items: uids.map((uid) => object(uid)) },
})
const refused = (statusCode: number) => Object.assign(new Error('refused'), { statusCode })

let lists: KubeAnswer[]
let watchings: Watching[]
let asked: string[]
let objects: Map<string, unknown>
let removed: string[]
let troubles: string[]
let fines: number
let waitedMs: number[]
let nowMs: number

beforeEach(() => {
  lists = []
  watchings = []
  asked = []
  objects = new Map()
  removed = []
  troubles = []
  fines = 0
  waitedMs = []
  nowMs = 0
})

/** A watch that goes well for a while, as most do. */
const steady =
  (...events: readonly (readonly [string, object])[]): Watching =>
  async ({ opened, event }) => {
    opened()
    for (const [type, of] of events) event(type, of)
    nowMs += 60_000
  }

/** Until the lists and watches above are used up. */
async function run(): Promise<void> {
  const controller = new AbortController()
  const end = (): never => {
    controller.abort(stop)
    throw stop
  }
  const client = {
    request: async (_method: string, path: string) => {
      asked.push(`list ${path}`)
      return lists.shift() ?? end()
    },
    watch: async (path: string, query: object, handler: WatchHandler) => {
      const watching = watchings.shift() ?? end()
      asked.push(`watch ${path} ${JSON.stringify(query)}`)
      await watching(handler)
    },
  }
  const remove = (uid: string): void => {
    if (objects.delete(uid)) removed.push(uid)
  }
  const watched = {
    path: '/api/v1/pods',
    part: 'pods' as const,
    put: (raw: unknown) => {
      const { uid } = (raw as ReturnType<typeof object>).metadata
      objects.set(uid, raw)
      return uid
    },
    remove,
    retainOnly: (uids: ReadonlySet<string>) => {
      for (const uid of objects.keys()) if (!uids.has(uid)) remove(uid)
    },
  }
  const watch = new ObjectWatch(client as unknown as KubeClient, watched, {
    observer: { trouble: (_part, error) => troubles.push((error as Error).message), fine: () => void fines++ },
    sleep: async (ms) => void waitedMs.push(ms),
    random: () => 0,
    monotonicMs: () => nowMs,
    signal: controller.signal,
  })
  await expect(watch.run()).rejects.toBe(stop)
}

const versions = (): (string | undefined)[] =>
  asked.map((what) => (what.startsWith('list') ? 'list' : /"resourceVersion":"(\d+)"/.exec(what)?.[1]))

describe('ObjectWatch', () => {
  it('lists in pages, and watches from there with bookmarks', async () => {
    lists = [page(['a', 'b'], '10', 'next'), page(['c'], '10')]
    watchings = [steady(['ADDED', object('d', '11')], ['DELETED', object('a', '12')])]
    await run()
    expect(asked).toEqual([
      'list /api/v1/pods?limit=500',
      'list /api/v1/pods?limit=500&continue=next',
      'watch /api/v1/pods {"resourceVersion":"10","allowWatchBookmarks":true,"timeoutSeconds":600}',
    ])
    expect([...objects.keys()]).toEqual(['b', 'c', 'd'])
    expect(removed).toEqual(['a'])
    expect([fines, troubles]).toEqual([1, []])
  })

  it('goes on where a watch ended, also by a bookmark alone', async () => {
    lists = [page([], '10')]
    watchings = [steady(['BOOKMARK', { metadata: { resourceVersion: '400' } }]), steady()]
    await run()
    expect(versions()).toEqual(['list', '10', '400'])
    expect(waitedMs).toEqual([])
  })

  it('goes on behind the last event after a broken connection, without a list', async () => {
    lists = [page([], '10')]
    const breaks: Watching = async (handler) => {
      await steady(['ADDED', object('a', '11')])(handler)
      throw new Error('ECONNRESET')
    }
    watchings = [breaks, steady()]
    await run()
    expect(versions()).toEqual(['list', '10', '11'])
    expect(troubles).toEqual(['expected to watch pods, got: ECONNRESET'])
    expect([...objects.keys()]).toEqual(['a'])
  })

  it.each([
    ['in the watch', steady(['ERROR', { kind: 'Status', code: 410, reason: 'Expired' }])],
    ['in place of the watch', () => Promise.reject(refused(410))],
  ])('lists again when the apiserver has forgotten the place (410 %s), and finds what was deleted', async (_, gone) => {
    lists = [page(['a', 'b'], '10'), page(['b'], '90')]
    watchings = [gone, steady()]
    await run()
    expect(versions()).toEqual(['list', '10', 'list', '90'])
    expect(removed).toEqual(['a'])
  })

  it.each([
    ['a full apiserver', 429],
    ['a broken one', 500],
    ['a right that was taken', 403],
  ])('makes no list for %s (%s): it goes on where it was', async (_what, code) => {
    lists = [page(['a'], '10')]
    watchings = [
      steady(['ADDED', object('b', '11')], ['ERROR', { code, message: 'no' }], ['DELETED', object('a', '99')]),
      () => Promise.reject(refused(code)),
      steady(),
    ]
    await run()
    expect(versions()).toEqual(['list', '10', '11', '11'])
    expect(troubles).toEqual([
      `expected to watch pods, got: ${code} no`,
      `expected to watch pods, got: ${code} refused`,
    ])
    expect([...objects.keys()]).toEqual(['a', 'b'])
  })

  it('waits longer and longer while it fails, and anew after it went well', async () => {
    lists = [page([], '10')]
    const fails: Watching = () => Promise.reject(refused(500))
    watchings = [fails, fails, fails, steady(), fails]
    await run()
    expect(waitedMs).toEqual([125, 250, 500, 125])
    expect(fines).toBe(1)
  })

  it('waits too where watches end at once, again and again', async () => {
    lists = [page([], '10')]
    const short: Watching = async ({ opened }) => opened()
    watchings = [short, short]
    await run()
    expect(waitedMs).toEqual([125, 250])
    expect(troubles).toEqual([])
  })

  it('starts a list anew that grew too old between two pages, and takes nothing for deleted by the half of it', async () => {
    lists = [
      page(['a', 'b'], '10'),
      page(['a'], '20', 'next'),
      { code: 410, body: { reason: 'Expired', message: 'too old' } },
      page(['a'], '30', 'next'),
      page(['b'], '30'),
    ]
    watchings = [steady(['ERROR', { code: 410 }]), steady()]
    await run()
    expect(versions()).toEqual(['list', '10', 'list', 'list', 'list', 'list', '30'])
    expect(removed).toEqual([])
    expect(troubles).toEqual(['expected the apiserver to list pods, got 410: too old'])
  })
})
