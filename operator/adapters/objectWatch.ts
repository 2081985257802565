import { backoffMs } from '#program/backoff.ts'
import { messageOf, printable } from '#program/errors.ts'
import { operatorError } from '../errors.ts'
import type { Part, Waiting } from '../runtime/keepTrying.ts'
import { retryDelayMs } from '../runtime/retryDelay.ts'
import { refusalOf } from './kubeAnswers.ts'
import type { KubeClient } from './kubeClient.ts'

const PAGE = 500
/** The server ends a watch after this long; the next one starts where it ended. */
const WATCH_SECONDS = 600
/** A watch that ends sooner, again and again, is a trouble of its own. */
const SHORT_WATCH_MS = 1_000
const RETRY = { firstMs: 250, maxMs: 10_000 }

interface ObjectList {
  metadata?: { resourceVersion?: string; continue?: string }
  items?: readonly unknown[]
}

/** One collection of the apiserver, and who keeps what of it. */
export interface Watched {
  path: string
  part: Part
  /** Takes an object as it is now. @returns its UID; undefined when it has no identity. */
  put(raw: unknown): string | undefined
  remove(uid: string): void
  /** After a full list: what is not in it was deleted while nobody watched. */
  retainOnly(uids: ReadonlySet<string>): void
}

/**
 * Keeps objects as the cluster has them: lists in pages, then watches, with bookmarks, and goes on after any error where it
 * was; only what the apiserver has forgotten makes it list again. A list asks for no resourceVersion, so it is of now and
 * never goes back behind what a watch has told.
 */
export class ObjectWatch {
  readonly #client: KubeClient
  readonly #watched: Watched
  readonly #waiting: Waiting
  readonly #firstList = Promise.withResolvers<void>()
  /** Up to where the objects are known; undefined when a list is due. */
  #resourceVersion: string | undefined
  #isSynced = false

  constructor(client: KubeClient, watched: Watched, waiting: Waiting) {
    this.#client = client
    this.#watched = watched
    this.#waiting = waiting
  }

  get part(): Part {
    return this.#watched.part
  }

  get isSynced(): boolean {
    return this.#isSynced
  }

  /** Resolves once every object was read. */
  synced(): Promise<void> {
    return this.#firstList.promise
  }

  /** Runs until the signal is aborted. @throws the signal's reason. */
  async run(): Promise<never> {
    const { observer, signal, sleep, random, monotonicMs } = this.#waiting
    for (let failures = 0; ;) {
      signal.throwIfAborted()
      let openedMs = Number.POSITIVE_INFINITY
      let trouble: unknown
      try {
        this.#resourceVersion ??= await this.#list()
        this.#isSynced = true
        this.#firstList.resolve()
        await this.#watch(this.#resourceVersion, () => {
          openedMs = monotonicMs()
          observer.fine(this.#watched.part)
        })
      } catch (error) {
        signal.throwIfAborted()
        trouble = error
      }
      const lasted = monotonicMs() - openedMs > SHORT_WATCH_MS
      if (lasted && trouble === undefined) {
        failures = 0
        continue
      }
      const retryInMs = retryDelayMs(trouble, backoffMs(lasted ? 0 : failures, random(), RETRY))
      failures = lasted ? 1 : failures + 1
      if (trouble !== undefined) observer.trouble(this.#watched.part, trouble, retryInMs)
      await sleep(retryInMs)
    }
  }

  async #list(): Promise<string> {
    const seen = new Set<string>()
    let continueToken: string | undefined
    let resourceVersion = ''
    do {
      const query = new URLSearchParams({ limit: String(PAGE), ...(continueToken && { continue: continueToken }) })
      const answer = await this.#client.request('GET', `${this.#watched.path}?${query.toString()}`)
      // 410 between two pages: the list was too old to go on, and the next one starts anew.
      if (answer.code !== 200) throw refusalOf(answer, `list ${this.#watched.part}`)
      const list = answer.body as ObjectList
      for (const raw of list.items ?? []) {
        const uid = this.#watched.put(raw)
        if (uid !== undefined) seen.add(uid)
      }
      continueToken = list.metadata?.continue
      resourceVersion = list.metadata?.resourceVersion ?? ''
    } while (continueToken)
    this.#watched.retainOnly(seen)
    return resourceVersion
  }

  /** @throws ProgramError with retry; what came before is kept, and the next watch goes on behind it. */
  async #watch(resourceVersion: string, opened: () => void): Promise<void> {
    const { part, path } = this.#watched
    let refusal: WatchError | undefined
    const onEvent = (type: string, object: unknown): void => {
      if (refusal !== undefined) return
      if (type === 'ERROR') refusal = object as WatchError
      else this.#take(type, object)
    }
    const query = { resourceVersion, allowWatchBookmarks: true, timeoutSeconds: WATCH_SECONDS }
    try {
      await this.#client.watch(path, query, { opened, event: onEvent }, this.#waiting.signal)
    } catch (error) {
      const code = (error as { statusCode?: number }).statusCode
      refusal ??= { ...(code !== undefined && { code }), message: messageOf(error) }
    }
    if (refusal === undefined) return
    if (refusal.code === 410) {
      this.#resourceVersion = undefined
      return
    }
    const got = [refusal.code, refusal.message].filter((word) => word !== undefined).join(' ')
    throw operatorError('ApiserverUnreachable', `expected to watch ${part}, got: ${printable(got).slice(0, 300)}`)
  }

  #take(type: string, object: unknown): void {
    const { metadata } = object as { metadata?: { resourceVersion?: string; uid?: string } }
    // The last state comes with the deletion: how its containers ended may stand only there.
    if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') this.#watched.put(object)
    if (type === 'DELETED' && metadata?.uid !== undefined) this.#watched.remove(metadata.uid)
    this.#resourceVersion = metadata?.resourceVersion ?? this.#resourceVersion
  }
}

/** What a metav1.Status in a watch, or an answer in place of one, says. */
interface WatchError {
  code?: number
  message?: string
}
