import type { Logger } from 'pino'
import type { OperatorMetrics } from './adapters/operatorMetrics.ts'
import type { TroubleLog } from './adapters/troubleLog.ts'
import type { OperatorConfig } from './config.ts'
import type { Elector } from './lease/elector.ts'
import type { Waiting } from './runtime/keepTrying.ts'

/** What every part of the operator needs of the process around it. */
export interface Surroundings {
  config: OperatorConfig
  logger: Logger
  signal: AbortSignal
  metrics: OperatorMetrics
  troubles: TroubleLog
  waiting: Waiting
  /** The same a little longer: what was begun may end in order when the program is asked to. */
  finishing: Waiting
  now: () => Date
  /** Which operator this is: the name of its pod. */
  instance: string
  /** undefined where there is no other operator. */
  elector: Elector | undefined
}
