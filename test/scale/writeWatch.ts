import { API_VERSION } from '../../operator/api/killRecord.ts'
import type { DirectApi } from './directApi.ts'

interface SeenWrite {
  atMs: number
  key: string
  resourceVersion: string
}

/** Each write of a report, when the apiserver tells it. */
export class WriteWatch {
  readonly writes: SeenWrite[] = []
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>

  constructor(api: DirectApi) {
    const onLine = (line: string): void => {
      const { type, object } = JSON.parse(line) as WatchEvent
      const { namespace = '', name, resourceVersion } = object.metadata
      if (type === 'MODIFIED')
        this.writes.push({ atMs: performance.now(), key: `${namespace}/${name}`, resourceVersion })
    }
    this.#ended = api.watchMetadata(`/apis/${API_VERSION}/oomreports`, onLine, this.#stop.signal).catch(() => undefined)
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
}

interface WatchEvent {
  type: string
  object: { metadata: { namespace?: string; name: string; resourceVersion: string } }
}
