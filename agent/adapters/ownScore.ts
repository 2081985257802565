import { readFileSync, writeFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { AgentMode } from '#contract/nodeStatus.ts'
import { messageOf } from '#program/errors.ts'

/** As the kubelet gives it to what is critical for the node (pkg/kubelet/qos/policy.go, guaranteedOOMScoreAdj); never −1000. */
const OWN_SCORE = -997

/** Makes this process one of the last to be taken: it has to live to tell. Its children inherit that. Only mode full may write it. */
export function lowerOwnScore(logger: Logger, mode: AgentMode, file = '/proc/self/oom_score_adj'): void {
  try {
    const score = Number(readFileSync(file, 'utf8'))
    if (score <= OWN_SCORE) return
    if (mode !== 'full') {
      logger.info(
        `the agent's own oom_score_adj is ${score}, and mode ${mode} does not lower it: the kubelet gives ${OWN_SCORE} to pods of the PriorityClass system-node-critical`,
      )
      return
    }
    writeFileSync(file, String(OWN_SCORE))
  } catch (error) {
    logger.warn(
      `expected to set the agent's own oom_score_adj to ${OWN_SCORE}, got: ${messageOf(error)}; when the node's memory runs out it may be taken too: give it CAP_SYS_RESOURCE`,
    )
  }
}
