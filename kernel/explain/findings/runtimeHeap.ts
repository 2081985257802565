import { formatKib, limitOrNone } from '../quantity.ts'
import { state } from '../statement.ts'
import type { FindingCheck } from './finding.ts'

/**
 * A JVM reserves its heap's maximum when it starts. Besides, it reserves class space (1 GiB), code cache (240 MiB), a stack
 * of 1 MiB for each thread and 64 MiB for each of glibc's arenas: 2.5 to 2.8 GiB in all, measured on two processors
 * (OpenJDK 17, -Xmx128m to 4g, 20 to 220 threads), and more with more of them.
 * Source: HotSpot, CompressedClassSpaceSize and ReservedCodeCacheSize; glibc, HEAP_MAX_SIZE.
 */
const JVM_OVERHEAD_KIB = 4 * 1024 * 1024
/** ZGC reserves 16 times its heap's maximum and maps it three times: that says nothing of the heap. */
const HEAP_LIMITS = 8
/** The rest of the limit is the JVM's own; a heap this close to it is not below it. */
const HEAP_SHARE = 0.95
const IN_USE_SHARE = 0.8

/** Other runtimes reserve their heaps as they grow, or far more than they may use: their limits are in no dump. */
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
      if (heapKib < limitKib * HEAP_SHARE || heapKib > limitKib * HEAP_LIMITS) continue
      if (anonKib < limitKib * IN_USE_SHARE) continue
      return state(
        `The limit of ${formatKib(limitKib)} is below what the JVM may use: of the ${formatKib(totalVmKib)} that it reserved about ${formatKib(heapKib)} or more is its heap.`,
        { limitKib, totalVmKib, heapKib, anonKib },
      )
    }
    return undefined
  },
}
