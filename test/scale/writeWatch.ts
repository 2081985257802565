import { setTimeout as sleep } from 'node:timers/promises'
import { API_VERSION } from '../../operator/api/killRecord.ts'
import type { DirectApi } from './directApi.ts'

interface SeenWrite {
  atMs: number
  key: string
}

const AGAIN_AFTER_MS = 50

/** Each write of a report, when the apiserver tells it. */
export class WriteWatch {
  readonly writes: SeenWrite[] = []
  readonly #api: DirectApi
  readonly #path: string
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>
  #resourceVersion = ''

  /** @param exceptNamespace Whose reports are not the operator's. */
  constructor(api: DirectApi, exceptNamespace: string) {
    this.#api = api
    const selector = encodeURIComponent(`metadata.namespace!=${exceptNamespace}`)
    this.#path = `/apis/${API_VERSION}/oomreports?watch=1&fieldSelector=${selector}`
    this.#ended = this.#run()
  }

  /** How many writes a report has had in that time, at most. */
  mostOfOneReport(fromMs: number, toMs: number): number {
    const byReport = Map.groupBy(
      this.writes.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs),
      ({ key }) => key,
    )
    return Math.max(0, ...[...byReport.values()].map(({ length }) => length))
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }

  /** The apiserver ends a watch that is slow, and the machine is busy: the next one goes on where it ended. */
  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const from = this.#resourceVersion === '' ? '' : `&resourceVersion=${this.#resourceVersion}`
      await this.#api.watchMetadata(`${this.#path}${from}`, (line) => this.#take(line), signal).catch(() => undefined)
      await sleep(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  #take(line: string): void {
    const { type, object } = JSON.parse(line) as WatchEvent
    // The place to go on from is forgotten: the next watch begins with what is there.
    if (type === 'ERROR') this.#resourceVersion = ''
    const { namespace = '', name, resourceVersion } = object.metadata
    if (resourceVersion !== undefined) this.#resourceVersion = resourceVersion
    if (type === 'MODIFIED') this.writes.push({ atMs: performance.now(), key: `${namespace}/${name}` })
  }
}

interface WatchEvent {
  type: string
  object: { metadata: { namespace?: string; name?: string; resourceVersion?: string } }
}
