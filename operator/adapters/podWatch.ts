import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from '#program/backoff.ts'
import { operatorError } from '../errors.ts'
import type { TroubleObserver } from '../runtime/keepTrying.ts'
import { parsePod, type RawPod } from '../runtime/pod.ts'
import type { PodStore } from '../runtime/podStore.ts'
import { refusalOf } from './kubeAnswers.ts'
import type { KubeClient } from './kubeClient.ts'

const PATH = '/api/v1/pods'
const PAGE = 500
/** The server ends a watch after this long; the next one starts where it ended. */
const WATCH_SECONDS = 600

interface PodList {
  metadata?: { resourceVersion?: string; continue?: string }
  items?: readonly RawPod[]
}

/** Keeps a store of pods as the cluster has them: lists in pages, then watches, with bookmarks; starts again for ever. */
export class PodWatch {
  readonly #client: KubeClient
  readonly #store: PodStore
  readonly #observer: TroubleObserver
  readonly #firstList = Promise.withResolvers<void>()

  constructor(client: KubeClient, store: PodStore, observer: TroubleObserver) {
    this.#client = client
    this.#store = store
    this.#observer = observer
  }

  /** Resolves once every pod of the cluster was read. */
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
        this.#observer.fine('pods')
        this.#firstList.resolve()
        const startedMs = Date.now()
        resourceVersion = await this.#watch(resourceVersion, signal)
        // A watch that ends at once, again and again, is a trouble of its own.
        attempt = Date.now() - startedMs > 1_000 ? 0 : attempt + 1
        if (attempt > 0) await sleep(backoffMs(attempt, Math.random(), LIMITS), undefined, { signal })
      } catch (error) {
        signal.throwIfAborted()
        const retryInMs = backoffMs(attempt++, Math.random(), LIMITS)
        this.#observer.trouble('pods', error, retryInMs)
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
      const answer = await this.#client.request('GET', `${PATH}?${query.toString()}`)
      if (answer.code !== 200) throw refusalOf(answer, 'list pods')
      const list = answer.body as PodList
      for (const raw of list.items ?? []) this.#put(raw, seen)
      continueToken = list.metadata?.continue
      resourceVersion = list.metadata?.resourceVersion ?? ''
    } while (continueToken)
    this.#store.retainOnly(seen)
    return resourceVersion
  }

  /** @returns where to go on; undefined when the server has forgotten that place and a list is due. */
  async #watch(from: string, signal: AbortSignal): Promise<string | undefined> {
    let resourceVersion: string | undefined = from
    const onEvent = (type: string, object: unknown): void => {
      const { metadata } = object as { metadata?: { resourceVersion?: string; uid?: string } }
      if (type === 'ERROR') resourceVersion = undefined
      else if (resourceVersion !== undefined) resourceVersion = metadata?.resourceVersion ?? resourceVersion
      if (type === 'ADDED' || type === 'MODIFIED') this.#put(object as RawPod)
      if (type === 'DELETED') {
        // The last state comes with the deletion: how its containers ended may stand only there.
        this.#put(object as RawPod)
        if (metadata?.uid !== undefined) this.#store.remove(metadata.uid)
      }
    }
    const query = { resourceVersion: from, allowWatchBookmarks: true, timeoutSeconds: WATCH_SECONDS }
    try {
      await this.#client.watch(PATH, query, onEvent, signal)
    } catch (error) {
      const code = (error as { statusCode?: number }).statusCode
      if (code === 410) return undefined
      throw operatorError('ApiserverUnreachable', `expected to watch pods, got: ${code ?? ''} ${String(error)}`, {
        cause: error,
      })
    }
    return resourceVersion
  }

  #put(raw: RawPod, seen?: Set<string>): void {
    const pod = parsePod(raw)
    if (pod === undefined) return
    seen?.add(pod.uid)
    this.#store.put(pod)
  }
}

const LIMITS = { firstMs: 250, maxMs: 10_000 }
