import { DESIRED_BUCKET, LEASE_KEY, desiredHintSubject, inboxPrefix, nodeToken, statusSubject } from './subjects.ts'
import { rankSubject } from './rank.ts'

/** Of the token that an agent logs in to NATS with: good there and nowhere else, not at the apiserver either. */
export const TOKEN_AUDIENCE = 'oomkeeper-nats'
/** The NATS account of the agents, which has no JetStream. */
export const NODES_ACCOUNT = 'NODES'

/** How long an agent may take to answer a request, and that it may do so once. */
export const ANSWER_ONCE = { max: 1, expiresSeconds: 10 }

/** What a node's agent may publish and subscribe to, in the account of the agents: its own subjects and nothing more. */
export function nodePermissions(node: string): { publish: string[]; subscribe: string[] } {
  const token = nodeToken(node)
  const directGet = `$JS.API.DIRECT.GET.KV_${DESIRED_BUCKET}.$KV.${DESIRED_BUCKET}`
  return {
    publish: [
      `oom.v1.kill.${token}.>`,
      statusSubject(node),
      `oom.v1.audit.${token}.>`,
      `${directGet}.${token}`,
      `${directGet}.${LEASE_KEY}`,
    ],
    subscribe: [`${inboxPrefix(node)}.>`, desiredHintSubject(node), rankSubject(node)],
  }
}
