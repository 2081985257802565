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

/**
 * A status of ours that the apiserver finds of another form has met kinds of another version, before or behind an upgrade
 * of the operator: what is wrong in a value has other reasons. Source: apimachinery, pkg/util/validation/field/errors.go.
 */
export function crdsOfOtherVersion(answer: KubeAnswer): ProgramError | undefined {
  const cause = statusOf(answer).details?.causes?.find(
    ({ reason = '', field = '' }) => OTHER_FORM.has(reason) && field.startsWith('status.'),
  )
  if (answer.code !== 422 || cause === undefined) return undefined
  const got = printable(`${cause.field}: ${cause.message ?? ''}`).slice(0, 200)
  return operatorError(
    'CrdsOfOtherVersion',
    `expected the kinds of this operator's version in the cluster, got others (${got}): run \`kubectl apply -f crds/\` of the same version`,
  )
}

const OTHER_FORM = new Set(['FieldValueTypeInvalid', 'FieldValueRequired'])
