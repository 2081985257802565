import { TOKEN_AUDIENCE } from '#contract/nodeLogin.ts'
import type { TokenClaims } from '#program/tokenClaims.ts'
import type { AgentPod } from './agentPods.ts'

/** Why a login is refused, in one word for machines. */
export const REFUSALS = [
  'NoToken',
  'NotAToken',
  'TokenExpired',
  'OtherAudience',
  'OtherServiceAccount',
  'NoPod',
  'NoNode',
  'NotAuthenticated',
  'PodUnknown',
  'OtherNode',
  'OtherAddress',
  'Flooding',
] as const
export type Refusal = (typeof REFUSALS)[number]

/** A condition of being let in. The lists below are the specification: the first that is not met refuses. */
export interface LoginCheck<Facts> {
  reason: Refusal
  /** What was expected and what came, in one line; undefined where it is met. What it quotes comes from outside. */
  problem: (facts: Facts) => string | undefined
}

export interface TokenFacts {
  token: string | undefined
  /** What the token says of itself; undefined where it is none. */
  claims: TokenClaims | undefined
  nowMs: number
  /** `system:serviceaccount:NAMESPACE:NAME` of the agents. */
  agentUser: string
}

/** By what a token says of itself: a forged one may pass, one that fails is not worth a question to the apiserver. */
export const tokenChecks: readonly LoginCheck<TokenFacts>[] = [
  {
    reason: 'NoToken',
    problem: ({ token }) => (token ? undefined : 'expected a service account token, got another login or none'),
  },
  {
    reason: 'NotAToken',
    problem: ({ claims, token }) =>
      claims === undefined
        ? `expected a service account token, got ${token?.length ?? 0} characters that are none`
        : undefined,
  },
  {
    reason: 'TokenExpired',
    problem: ({ claims, nowMs }) =>
      (claims?.exp ?? 0) * 1_000 <= nowMs
        ? `expected a token that is good, got one that ended ${Math.floor(nowMs / 1_000 - (claims?.exp ?? 0))} s ago`
        : undefined,
  },
  {
    reason: 'OtherAudience',
    problem: ({ claims }) =>
      claims?.aud.includes(TOKEN_AUDIENCE)
        ? undefined
        : `expected a token for the audience ${TOKEN_AUDIENCE}, got one for ${claims?.aud.join(', ')}`,
  },
  {
    reason: 'OtherServiceAccount',
    problem: ({ claims, agentUser }) =>
      claims?.sub === agentUser ? undefined : `expected a token of ${agentUser}, got one of ${claims?.sub}`,
  },
  {
    reason: 'NoPod',
    problem: ({ claims }) =>
      claims?.['kubernetes.io']?.pod === undefined
        ? 'expected a token that is bound to a pod, got one of none'
        : undefined,
  },
  {
    reason: 'NoNode',
    problem: ({ claims }) =>
      claims?.['kubernetes.io']?.node === undefined
        ? 'expected a token with a node claim, got none: it takes Kubernetes 1.32'
        : undefined,
  },
]

/** What the apiserver says of a token (authentication.k8s.io/v1, TokenReview): the part that is read. */
export interface ReviewedToken {
  authenticated: boolean
  /** Why not. */
  error: string
  audiences: readonly string[]
  user: string
  podName: string | undefined
  podUid: string | undefined
  node: string | undefined
}

export interface ReviewFacts {
  review: ReviewedToken
  agentUser: string
}

/** By the apiserver's word. */
export const reviewChecks: readonly LoginCheck<ReviewFacts>[] = [
  {
    reason: 'NotAuthenticated',
    problem: ({ review }) =>
      review.authenticated
        ? undefined
        : `expected a token that the apiserver takes, got: ${review.error || 'it takes it for none of its own'}`,
  },
  {
    reason: 'OtherAudience',
    problem: ({ review }) =>
      review.audiences.includes(TOKEN_AUDIENCE) ? undefined : `expected a token for the audience ${TOKEN_AUDIENCE}`,
  },
  {
    reason: 'OtherServiceAccount',
    problem: ({ review, agentUser }) =>
      review.user === agentUser ? undefined : `expected a token of ${agentUser}, got one of ${review.user}`,
  },
  {
    reason: 'NoPod',
    problem: ({ review }) =>
      review.podUid === undefined || review.podName === undefined
        ? 'expected a token that is bound to a pod'
        : undefined,
  },
  {
    reason: 'NoNode',
    problem: ({ review }) =>
      review.node === undefined ? 'expected a token with a node claim, got none: it takes Kubernetes 1.32' : undefined,
  },
]

export interface PodFacts {
  /** The pod that the token is bound to; undefined where there is none any more. */
  pod: AgentPod | undefined
  node: string
  /** The connection's, as the NATS server sees it. */
  address: string
  /** `any`: something between agents and server changes addresses, which then prove nothing. */
  addressRule: AddressRule
}
export type AddressRule = 'pod' | 'any'

/** By the pod itself: a token that was carried away from it is of no use elsewhere. */
export const podChecks: readonly LoginCheck<PodFacts>[] = [
  {
    reason: 'PodUnknown',
    problem: ({ pod }) => (pod === undefined ? 'expected the pod of the token to be there, found none' : undefined),
  },
  {
    reason: 'OtherNode',
    problem: ({ pod, node }) =>
      pod?.node === node ? undefined : `expected the pod to be bound to ${node} as its token says, got ${pod?.node}`,
  },
  {
    reason: 'OtherAddress',
    problem: ({ pod, address, addressRule }) => {
      if (addressRule === 'any' || pod?.addresses.includes(plainAddress(address))) return undefined
      const expected = pod?.addresses.join(' or ') || 'the pod to have an address by now'
      return `expected the pod's own address (${expected}), got ${address || 'none'}`
    },
  },
]

export interface NodeFacts {
  node: string
  isKeptOut: boolean
}

/** By what the node did: the first time before the apiserver is asked, since one that floods tries again and again. */
export const nodeChecks: readonly LoginCheck<NodeFacts>[] = [
  {
    reason: 'Flooding',
    problem: ({ node, isKeptOut }) =>
      isKeptOut
        ? `expected a node that sends no more kills than its share, got ${node}: it is kept out for a while`
        : undefined,
  },
]

/** An IPv4 address in IPv6's form is that address. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}

/** @returns the first that refuses. */
export function firstRefusal<Facts>(
  checks: readonly LoginCheck<Facts>[],
  facts: Facts,
): { reason: Refusal; message: string } | undefined {
  for (const { reason, problem } of checks) {
    const message = problem(facts)
    if (message !== undefined) return { reason, message }
  }
  return undefined
}
