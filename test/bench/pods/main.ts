import { watchedPods } from '../../../operator/adapters/watched.ts'
import { PodStore } from '../../../operator/runtime/podStore.ts'
import { podListText } from './syntheticPods.ts'

const PODS = Number(process.env['PODS'] ?? 50_000)
const SHAPE = { nodes: Math.ceil(PODS / 10), workloads: Math.ceil(PODS / 25) }
const PAGE = 500
/** Enough to tell; all of them as they come would not fit. */
const FULL_PODS = 2_000
const GOAL_KIB = 0.7

interface List {
  items: readonly unknown[]
}

/** Bytes of heap that are in use after a full collection. */
function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error('expected node --expose-gc')
  for (let time = 0; time < 3; time++) globalThis.gc()
  return process.memoryUsage().heapUsed
}

function readPages(pods: number, take: (raw: unknown) => void): void {
  for (let from = 0; from < pods; from += PAGE) {
    const list = JSON.parse(podListText(from, Math.min(pods, from + PAGE), SHAPE)) as List
    for (const raw of list.items) take(raw)
  }
}

/** What the operator remembers of each pod, by the way that the watch takes, beside the pods as they come. */
function bench(): string {
  const store = new PodStore({ maxDeleted: 20_000, deletedTtlMs: 3_600_000, now: Date.now })
  const watched = watchedPods(store, { wakeNodes: () => undefined, wake: () => undefined })
  // Code and tables that are made once are no pod's.
  readPages(PAGE, (raw) => watched.put(raw))
  const beforeBytes = heapBytes()
  const startedMs = performance.now()
  readPages(PODS, (raw) => watched.put(raw))
  const listedMs = performance.now() - startedMs
  const listedKib = (heapBytes() - beforeBytes) / 1024 / (PODS - PAGE)
  // Every pod again, as after a watch that had to start anew.
  readPages(PODS, (raw) => watched.put(raw))
  const againKib = (heapBytes() - beforeBytes) / 1024 / (PODS - PAGE)
  const rssMib = process.memoryUsage().rss / 1024 ** 2

  const fullBeforeBytes = heapBytes()
  const full: unknown[] = []
  readPages(FULL_PODS, (raw) => full.push(raw))
  const fullKib = (heapBytes() - fullBeforeBytes) / 1024 / full.length
  if (store.size !== PODS) throw new Error(`expected ${PODS} pods, got ${store.size}`)
  if (againKib > GOAL_KIB)
    throw new Error(`expected ${GOAL_KIB} KiB of heap per pod at most, got ${againKib.toFixed(2)}`)
  return `${store.size} pods, ${listedKib.toFixed(2)} KiB of heap each, ${againKib.toFixed(2)} after a second list, ${(fullKib / againKib).toFixed(0)} times less than as they come (${fullKib.toFixed(1)} KiB); RSS ${rssMib.toFixed(0)} MiB; made, parsed and put in ${(listedMs / 1000).toFixed(1)} s`
}

try {
  console.log(`bench-pods ok: ${bench()}`)
} catch (error) {
  console.log(`bench-pods failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(3)
}
