import { TOKEN_AUDIENCE } from '#contract/nodeLogin.ts'
import * as z from 'zod'
import { parseAgentPod, type AgentPod } from '../identity/agentPods.ts'
import type { ReviewedToken } from '../identity/loginChecks.ts'
import { operatorError } from '../errors.ts'
import type { RawPod } from '../runtime/pod.ts'
import { refusalOf } from './kubeAnswers.ts'
import type { KubeClient } from './kubeClient.ts'

const PATH = '/apis/authentication.k8s.io/v1/tokenreviews'
/** Keys of a user's extra (apiserver/pkg/authentication/serviceaccount/util.go, Kubernetes 1.37). */
const POD_NAME = 'authentication.kubernetes.io/pod-name'
const POD_UID = 'authentication.kubernetes.io/pod-uid'
const NODE_NAME = 'authentication.kubernetes.io/node-name'

const review = z.object({
  status: z.object({
    authenticated: z.boolean().default(false),
    error: z.string().default(''),
    audiences: z.array(z.string()).default([]),
    user: z
      .object({ username: z.string().default(''), extra: z.record(z.string(), z.array(z.string())).default({}) })
      .default({ username: '', extra: {} }),
  }),
})

/** Asks the apiserver whose token it is. @throws ProgramError ApiserverUnreachable, ApiserverRefused */
export async function reviewToken(client: KubeClient, token: string): Promise<ReviewedToken> {
  const spec = { token, audiences: [TOKEN_AUDIENCE] }
  const answer = await client.request('POST', PATH, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec,
  })
  if (answer.code !== 200 && answer.code !== 201) throw refusalOf(answer, 'review a token')
  const parsed = review.safeParse(answer.body)
  if (!parsed.success) throw operatorError('ApiserverRefused', 'expected a TokenReview with a status, got another form')
  const { authenticated, error, audiences, user } = parsed.data.status
  return {
    authenticated,
    error,
    audiences,
    user: user.username,
    podName: user.extra[POD_NAME]?.[0],
    podUid: user.extra[POD_UID]?.[0],
    node: user.extra[NODE_NAME]?.[0],
  }
}

/** @returns undefined where there is none of that UID. @throws ProgramError ApiserverUnreachable, ApiserverRefused */
export async function readAgentPod(
  client: KubeClient,
  namespace: string,
  name: string,
  uid: string,
): Promise<AgentPod | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`
  const answer = await client.request('GET', path)
  if (answer.code === 404) return undefined
  if (answer.code !== 200) throw refusalOf(answer, `read pod ${namespace}/${name}`)
  const pod = answer.body as RawPod
  return pod.metadata?.uid === uid ? parseAgentPod(pod) : undefined
}
