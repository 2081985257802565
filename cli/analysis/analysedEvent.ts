import type { Explanation } from '#kernel/explain/explanation.ts'
import type { OomCase } from '#kernel/explain/oomCase.ts'

/** An event with its explanation, as the renderers take it. */
export interface AnalysedEvent {
  oomCase: OomCase
  explanation: Explanation
  /** When, as the log has it (`Jun  4 17:19:10`), where it has it. */
  time?: string | undefined
}

export interface TextOptions {
  color: boolean
  /** All kinds, processes and candidates, and the figures of each zone. */
  verbose: boolean
}
