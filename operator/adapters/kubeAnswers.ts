import { printable, type ProgramError } from '#program/errors.ts'
import { operatorError } from '../errors.ts'
import type { KubeAnswer, KubeStatus } from './kubeClient.ts'

export function statusOf({ body }: KubeAnswer): KubeStatus {
  return (typeof body === 'object' && body !== null ? body : {}) as KubeStatus
}

/** An answer that waiting may change, as an error to retry. */
export function refusalOf(answer: KubeAnswer, what: string): ProgramError {
  const { code, retryAfterMs } = answer
  const { message, reason } = statusOf(answer)
  const got = printable(message ?? reason ?? 'no reason').slice(0, 300)
  const hint =
    code === 401
      ? '; check the credentials'
      : code === 403
        ? "; give the operator's account the rights in docs/operating.md"
        : ''
  const kind = isWebhookFailed(answer) ? 'WebhookFailed' : 'ApiserverRefused'
  return operatorError(kind, `expected the apiserver to ${what}, got ${code}: ${got}${hint}`, {
    facts: { code, ...(reason !== undefined && { reason }), ...(retryAfterMs !== undefined && { retryAfterMs }) },
  })
}

/** A 404 for the kind itself, not for an object of it. */
export function isKindMissing(answer: KubeAnswer): boolean {
  return answer.code === 404 && statusOf(answer).details?.name === undefined
}

/** A namespace that is being deleted takes nothing new. */
export function isNamespaceEnding(answer: KubeAnswer): boolean {
  return statusOf(answer).details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true
}

/**
 * An admission webhook did not answer, or not as one does, and its policy is to refuse then: the apiserver says so with its own 500
 * (apiserver/pkg/admission/plugin/webhook, ErrCallingWebhook; Kubernetes 1.37). Waiting may mend it, or not, and it may be of one namespace alone.
 */
function isWebhookFailed(answer: KubeAnswer): boolean {
  return answer.code === 500 && /\bfailed calling webhook\b/.test(statusOf(answer).message ?? '')
}

export function crdsMissing(): ProgramError {
  return operatorError(
    'CrdsMissing',
    'expected the kinds OOMReport and NodeOOMReport (oomkeeper.io/v1alpha1) in the cluster, got none: run `kubectl apply -f crds/`',
  )
}
