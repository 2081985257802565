import * as z from 'zod'

/**
 * What the operator wants on one node, under the node's key in the KV bucket OOM_DESIRED, as JSON. Version 1: fields
 * may be added, never changed or removed. A container that is not named is given back the scores that it had.
 * A container is named by its pod and its name, so that the agent knows it before the apiserver does when it starts
 * anew; its id, where the apiserver has it, is what counts.
 */

/** −1000 would exempt a process from the OOM killer altogether, and with it whatever it leaks. */
export const MIN_DESIRED_SCORE = -990
export const MAX_DESIRED_SCORE = 1000
/** A node has 110 pods by default and 500 at most in practice. */
export const MAX_DESIRED_CONTAINERS = 2000

const desiredContainer = z.object({
  /** As the node's cgroup paths show it: a pod's UID, or a static pod's config hash. */
  podUid: z.string().regex(/^[0-9a-f-]{32,36}$/),
  name: z.string().regex(/^[a-z0-9-]{1,63}$/),
  /** Of the one that runs; absent while none does. */
  containerId: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  oomScoreAdj: z.int().min(MIN_DESIRED_SCORE).max(MAX_DESIRED_SCORE),
  /** Name of the OOMPolicy that decided. */
  policy: z.string().min(1).max(253),
})
export type DesiredContainer = z.infer<typeof desiredContainer>

export const desiredState = z.object({
  version: z.literal(1),
  /** Whose state this is; an agent refuses another's. */
  node: z.string().min(1).max(253),
  containers: z.array(desiredContainer).max(MAX_DESIRED_CONTAINERS),
})
export type DesiredState = z.infer<typeof desiredState>

/** @throws z.ZodError when the state does not fit its own schema: a defect of the writer. */
export function encodeDesiredState(state: DesiredState): string {
  return JSON.stringify(desiredState.parse(state))
}

export type DecodedDesiredState = { ok: true; state: DesiredState } | { ok: false; reason: string }

/** Parses an untrusted value. The reason says what was expected and what came, in one line. */
export function decodeDesiredState(text: string, node: string): DecodedDesiredState {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, reason: `expected JSON, got ${text.length} characters that are not` }
  }
  const result = desiredState.safeParse(value)
  if (!result.success) {
    const issues = result.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`)
    return { ok: false, reason: issues.join('; ').slice(0, 1000) }
  }
  if (result.data.node !== node) {
    return { ok: false, reason: `node: expected ${node}, got ${result.data.node}` }
  }
  return { ok: true, state: result.data }
}
