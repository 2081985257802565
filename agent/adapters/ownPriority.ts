import { readFileSync, writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import process from 'node:process'
import type { Logger } from 'pino'
import type { AgentMode } from '#contract/nodeStatus.ts'
import { messageOf } from '#program/errors.ts'
import { parseSession } from '../proc/session.ts'

/**
 * In a storm of kills every core is busy with processes that take memory as fast as they can, and what can be known of a victim
 * is there for milliseconds. This program needs little time, and that at once. Where the scheduler is fair between sessions
 * (sched(7), "The autogroup feature"), a process's priority counts within its own: a session that is this program's alone is
 * raised as a whole, but for mode detect, which writes nothing in /proc.
 */
export function raiseOwnPriority(logger: Logger, mode: AgentMode, proc = '/proc/self', setOwn = setPriority): void {
  const { PRIORITY_HIGH } = constants.priority
  try {
    setOwn(PRIORITY_HIGH)
    if (mode === 'detect') return
    const isOwnSession = parseSession(readFileSync(`${proc}/stat`, 'latin1')) === process.pid
    if (isOwnSession) writeFileSync(`${proc}/autogroup`, String(PRIORITY_HIGH), { flag: 'r+' })
  } catch (error) {
    // The `code` of what setPriority throws is always ERR_SYSTEM_ERROR.
    const { errno } = error as NodeJS.ErrnoException
    // A kernel without autogroups has no such file.
    if (errno === -constants.errno.ENOENT) return
    // In the chart's pod it is always so: CAP_SYS_NICE is left out.
    const level = errno === -constants.errno.EACCES ? 'debug' : 'info'
    logger[level](
      `expected to raise the agent's own priority, got: ${messageOf(error)}; it takes its turn with the rest`,
    )
  }
}
