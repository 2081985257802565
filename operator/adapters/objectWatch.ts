import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from '#program/backoff.ts'
import { operatorError } from '../errors.ts'
import type { Part, TroubleObserver } from '../runtime/keepTrying.ts'
import { refusalOf } from './kubeAnswers.ts'
import type { KubeClient } from './kubeClient.ts'

const PAGE = 500
/** The server ends a watch after this long; the next one starts where it ended. */
const WATCH_SECONDS = 600

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

/** Keeps objects as the cluster has them: lists in pages, then watches, with bookmarks; starts again for ever. */
export class ObjectWatch {
  readonly #client: KubeClient
  readonly #watched: Watched
  readonly #observer: TroubleObserver
  readonly #firstList = Promise.withResolvers<void>()

  constructor(client: KubeClient, watched: Watched, observer: TroubleObserver) {
    this.#client = client
    this.#watched = watched
    this.#observer = observer
  }

  /** Resolves once every object was read. */
  synced(): Promise<void> {
    return this.#firstList.promise
  }

  /** Runs until the signal is aborted. @throws the signal's reason. */
  async run(signal: AbortSignal): Promise<never> {
    let resourceVersion: string | undefined
    for (let attempt = 0; ;) {
      signal.throwIfAborted()
      try {
        resourceVersion ??= await this.#list()
        this.#observer.fine(this.#watched.part)
        this.#firstList.resolve()
        const startedMs = Date.now()
        resourceVersion = await this.#watch(resourceVersion, signal)
        // A watch that ends at once, again and again, is a trouble of its own.
        attempt = Date.now() - startedMs > 1_000 ? 0 : attempt + 1
        if (attempt > 0) await sleep(backoffMs(attempt, Math.random(), LIMITS), undefined, { signal })
      } catch (error) {
        signal.throwIfAborted()
        const retryInMs = backoffMs(attempt++, Math.random(), LIMITS)
        this.#observer.trouble(this.#watched.part, error, retryInMs)
        await sleep(retryInMs, undefined, { signal })
      }
    }
  }

  async #list(): Promise<string> {
    const seen = new Set<string>()
    let continueToken: string | undefined
    let resourceVersion = ''
    do {
      const query = new URLSearchParams({ limit: String(PAGE), ...(continueToken && { continue: continueToken }) })
      const answer = await this.#client.request('GET', `${this.#watched.path}?${query.toString()}`)
      if (answer.code !== 200) throw refusalOf(answer, `list ${this.#watched.part}`)
      const list = answer.body as ObjectList
      for (const raw of list.items ?? []) this.#put(raw, seen)
      continueToken = list.metadata?.continue
      resourceVersion = list.metadata?.resourceVersion ?? ''
    } while (continueToken)
    this.#watched.retainOnly(seen)
    return resourceVersion
  }

  /** @returns where to go on; undefined when the server has forgotten that place and a list is due. */
  async #watch(from: string, signal: AbortSignal): Promise<string | undefined> {
    let resourceVersion: string | undefined = from
    const onEvent = (type: string, object: unknown): void => {
      const { metadata } = object as { metadata?: { resourceVersion?: string; uid?: string } }
      if (type === 'ERROR') resourceVersion = undefined
      else if (resourceVersion !== undefined) resourceVersion = metadata?.resourceVersion ?? resourceVersion
      if (type === 'ADDED' || type === 'MODIFIED') this.#put(object)
      if (type === 'DELETED') {
        // The last state comes with the deletion: how its containers ended may stand only there.
        this.#put(object)
        if (metadata?.uid !== undefined) this.#watched.remove(metadata.uid)
      }
    }
    const query = { resourceVersion: from, allowWatchBookmarks: true, timeoutSeconds: WATCH_SECONDS }
    try {
      await this.#client.watch(this.#watched.path, query, onEvent, signal)
    } catch (error) {
      const code = (error as { statusCode?: number }).statusCode
      if (code === 410) return undefined
      throw operatorError(
        'ApiserverUnreachable',
        `expected to watch ${this.#watched.part}, got: ${code ?? ''} ${String(error)}`,
        {
          cause: error,
        },
      )
    }
    return resourceVersion
  }

  #put(raw: unknown, seen?: Set<string>): void {
    const uid = this.#watched.put(raw)
    if (uid !== undefined) seen?.add(uid)
  }
}

const LIMITS = { firstMs: 250, maxMs: 10_000 }
