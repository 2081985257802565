import * as z from 'zod'
import { decodeVersioned } from './decodeVersioned.ts'
import { desiredRule } from './desiredRule.ts'

/**
 * What the operator wants on one node, under the node's key in the KV bucket OOM_DESIRED, as JSON. Version 2: optional
 * fields may be added, none changed or removed. A container that is not named is given back the scores that it had.
 * A container is named by its pod and its name, so that the agent knows it before the apiserver does when it starts
 * anew; its id, where the apiserver has it, is what counts.
 */

export const DESIRED_VERSION = 2
/** A node has 110 pods by default and 500 at most in practice. */
export const MAX_DESIRED_CONTAINERS = 2000
/** Policies that select one container, and those that select any of a node. */
export const MAX_CONTAINER_RULES = 16
export const MAX_DESIRED_RULES = 100
/** Of all rules of a node as JSON: with the most containers, a state then fits into one message of NATS (1 MiB). */
export const MAX_RULES_BYTES = 256 * 1024

const desiredContainer = z.object({
  /** As the node's cgroup paths show it: a pod's UID, or a static pod's config hash. */
  podUid: z.string().regex(/^[0-9a-f-]{32,36}$/),
  name: z.string().regex(/^[a-z0-9-]{1,63}$/),
  /** Of the one that runs; absent while none does. */
  containerId: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /**
   * Places in `rules` of those that select it, ascending. For each of its processes the first one decides that enforces,
   * sets a score and fits the process.
   */
  rules: z.array(z.int().nonnegative()).min(1).max(MAX_CONTAINER_RULES),
})
export type DesiredContainer = z.infer<typeof desiredContainer>

export const desiredState = z
  .object({
    version: z.literal(DESIRED_VERSION),
    /** Whose state this is; an agent refuses another's. */
    node: z.string().min(1).max(253),
    /** In order of precedence. */
    rules: z.array(desiredRule).max(MAX_DESIRED_RULES),
    containers: z.array(desiredContainer).max(MAX_DESIRED_CONTAINERS),
  })
  .superRefine(({ rules, containers }, context) => {
    for (const [at, container] of containers.entries()) {
      const isAscending = container.rules.every((rule, place, all) => rule > (all[place - 1] ?? -1))
      if (isAscending && (container.rules.at(-1) ?? 0) < rules.length) continue
      const message = `expected places of ${rules.length} rules, ascending, got ${container.rules.join()}`
      context.addIssue({ code: 'custom', path: ['containers', at, 'rules'], message })
    }
  })
export type DesiredState = z.infer<typeof desiredState>

/** @throws z.ZodError when the state does not fit its own schema: a defect of the writer. */
export function encodeDesiredState(state: DesiredState): string {
  return JSON.stringify(desiredState.parse(state))
}

export type DecodedDesiredState = { ok: true; state: DesiredState } | { ok: false; reason: string }

/** Parses an untrusted value. The reason says what was expected and what came, in one line. */
export function decodeDesiredState(text: string, node: string): DecodedDesiredState {
  const decoded = decodeVersioned(desiredState, DESIRED_VERSION, text, 'the operator', 'this agent')
  if (!decoded.ok) return decoded
  if (decoded.value.node === node) return { ok: true, state: decoded.value }
  return { ok: false, reason: `node: expected ${node}, got ${decoded.value.node}` }
}
