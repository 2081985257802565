import type { Advice } from './advice/rule.ts'
import type { AskedSection } from './asked.ts'
import type { ChoiceSection } from './choice/choice.ts'
import type { LimitSection } from './limit/limit.ts'
import type { MemorySection } from './memory.ts'
import type { WorthSection } from './worth.ts'
import type { ZonesSection } from './zones.ts'

/**
 * A kill from end to end. Plain values: it can be written as JSON as it is. Sentences stand with the numbers they rest
 * on; commands and paths in them are as the kernel printed them, to be escaped where they are shown.
 */
export interface Explanation {
  /** Three sentences: who died of what, where the memory went, what comes of it. */
  verdict: readonly string[]
  /** 1: who asked, who was killed. */
  asked: AskedSection
  /** 2: which limit was hit. */
  limit: LimitSection
  /** 3: why each zone refused. */
  zones: ZonesSection
  /** 4: where the memory went. */
  memory: MemorySection
  /** 5: why this process. */
  choice: ChoiceSection
  /** 6: whether the kill was worth it. */
  worth: WorthSection
  /** 7: what to do. */
  advice: readonly Advice[]
  /** What the log does not hold of this event. */
  missing: readonly string[]
}
