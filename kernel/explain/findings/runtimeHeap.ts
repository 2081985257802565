import { formatKib, limitOrNone } from '../quantity.ts'
import { state } from '../statement.ts'
import type { FindingCheck } from './finding.ts'

/**
 * What a JVM reserves besides its heap: class space 1 GiB, code cache 240 MiB, and the rest for threads and libraries.
 * The heap's maximum is reserved when it starts, so that the remainder is close to -Xmx.
 * Source: HotSpot, CompressedClassSpaceSize and ReservedCodeCacheSize.
 */
const JVM_OVERHEAD_KIB = 1.75 * 1024 * 1024
/** The rest of the limit is the JVM's own; a heap this close to it is not below it. */
const HEAP_SHARE = 0.95
const IN_USE_SHARE = 0.8

/** Other runtimes reserve far more than they may use (V8's cages, .NET's 256 GiB): their heaps cannot be told. */
export const limitBelowHeap: FindingCheck = {
  name: 'memory limit below the runtime’s heap',
  find({ oomCase, dump, taskOf, isMemcg, pageKib }) {
    const limitKib = limitOrNone(dump.cgroup.limitKib)
    if (!isMemcg || limitKib === undefined) return undefined
    for (const victim of oomCase.victims) {
      const row = taskOf(victim.pid)
      const totalVmKib = victim.totalVmKib ?? (row === undefined ? undefined : row.totalVmPages * pageKib)
      const anonKib = victim.anonRssKib ?? (row === undefined ? undefined : row.rssPages * pageKib)
      if (victim.command !== 'java' || totalVmKib === undefined || anonKib === undefined) continue
      const heapKib = totalVmKib - JVM_OVERHEAD_KIB
      if (heapKib < limitKib * HEAP_SHARE || anonKib < limitKib * IN_USE_SHARE) continue
      return state(
        `The limit of ${formatKib(limitKib)} is below what the JVM may use: it reserved ${formatKib(totalVmKib)}, about ${formatKib(heapKib)} of that for its heap.`,
        { limitKib, totalVmKib, heapKib, anonKib },
      )
    }
    return undefined
  },
}
