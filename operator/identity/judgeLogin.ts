import { parseTokenClaims } from '#program/tokenClaims.ts'
import type { AgentPod } from './agentPods.ts'
import {
  firstRefusal,
  nodeChecks,
  podChecks,
  reviewChecks,
  tokenChecks,
  type AddressRule,
  type Refusal,
  type ReviewedToken,
} from './loginChecks.ts'
import type { LoginRequest } from './loginRequest.ts'

export interface LoginRules {
  /** The ServiceAccount of the agents. */
  agent: { namespace: string; name: string }
  addressRule: AddressRule
}

export interface LoginPorts {
  /** Asks the apiserver. @throws where it does not answer */
  reviewToken(token: string): Promise<ReviewedToken>
  /** As the watch has it. */
  knownPod(uid: string): AgentPod | undefined
  /** Asks the apiserver. @returns undefined where there is none of that UID @throws where it does not answer */
  readPod(name: string, uid: string): Promise<AgentPod | undefined>
  /** Whether a node is not let in for a while, because it floods the stream of kills. */
  isKeptOut(node: string): boolean
  /** Milliseconds since 1970. */
  nowMs(): number
}

export type Judgement =
  /** `tokenEnd`: seconds since 1970. */
  { admitted: true; node: string; tokenEnd: number } | { admitted: false; reason: Refusal; message: string }

/** Whether somebody is the agent of a node, and of which. @throws where the apiserver does not answer */
export async function judgeLogin(request: LoginRequest, rules: LoginRules, ports: LoginPorts): Promise<Judgement> {
  const { token, address } = request
  const { agent, addressRule } = rules
  const agentUser = `system:serviceaccount:${agent.namespace}:${agent.name}`
  const claims = token === undefined ? undefined : parseTokenClaims(token)
  const spurious = firstRefusal(tokenChecks, { token, claims, nowMs: ports.nowMs(), agentUser })
  if (spurious !== undefined) return { admitted: false, ...spurious }

  const judgeNode = (of: string) => firstRefusal(nodeChecks, { node: of, isKeptOut: ports.isKeptOut(of) })
  const claimed = judgeNode(claims?.['kubernetes.io']?.node?.name ?? '')
  if (claimed !== undefined) return { admitted: false, ...claimed }

  const review = await ports.reviewToken(token ?? '')
  const refused = firstRefusal(reviewChecks, { review, agentUser })
  if (refused !== undefined) return { admitted: false, ...refused }

  const { podUid = '', podName = '', node = '' } = review
  const judgePod = (pod: AgentPod | undefined) => firstRefusal(podChecks, { pod, node, address, addressRule })
  const known = ports.knownPod(podUid)
  // The watch may be behind a pod that has just begun, or got another address.
  const odd = judgePod(known) === undefined ? undefined : judgePod(await ports.readPod(podName, podUid))
  if (odd !== undefined) return { admitted: false, ...odd }
  // What a token claims of itself counts for nothing in the end, and the node may have been found flooding meanwhile.
  const flooding = judgeNode(node)
  if (flooding !== undefined) return { admitted: false, ...flooding }
  return { admitted: true, node, tokenEnd: claims?.exp ?? 0 }
}
