import type { NatsConnection } from 'nats'
import { nodeStatus, type NodeStatus } from '../../contract/nodeStatus.ts'
import { statusSubject } from '../../contract/subjects.ts'
import { waitUntil } from '../cluster/process/wait.ts'

/** Waits until a node's last word is such, by whoever may read the streams. @param evidence of an agent that does not say it */
export async function untilNodeStatus(
  connection: NatsConnection,
  node: string,
  holds: (status: NodeStatus) => boolean,
  evidence: () => string,
): Promise<NodeStatus> {
  const probe = async () => {
    const jsm = await connection.jetstreamManager()
    const message = await jsm.streams.getMessage('OOM_STATUS', { last_by_subj: statusSubject(node) })
    const status = nodeStatus.parse(message.json())
    return holds(status) ? status : undefined
  }
  return waitUntil('the status', probe, { deadlineMs: 10_000, everyMs: 50, evidence })
}

/** What a status says of one container: outcome, processes and the reason, with its message. */
export function outcomesOf({ containers, reasons }: NodeStatus, containerId: string): string[] {
  const outcomes = containers.find((one) => one.containerId === containerId)?.outcomes ?? []
  return outcomes.map(({ outcome, processes, reason }) => {
    const why = reason === undefined ? undefined : reasons[reason]
    return [outcome, processes, ...(why === undefined ? [] : [why.reason, why.message])].join(' ')
  })
}
