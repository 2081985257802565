import { loadAll, YAML11_SCHEMA } from 'js-yaml'
import { messageOf } from '#program/errors.ts'
import { API_VERSION } from '../../operator/api/killRecord.ts'
import { oomPolicyKind } from '../../operator/api/oomPolicy.ts'
import type { Policy } from '../../operator/policies/selection.ts'
import type { RuleHolds } from './celRules.ts'
import { validateSpec } from './validateSpec.ts'

export interface ParsedPolicies {
  policies: readonly Policy[]
  /** What is wrong with which document; the apiserver would not take it. */
  problems: readonly string[]
}

/** metadata.name of what is cluster-scoped: a DNS subdomain (RFC 1123). */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const MAX_NAME_CHARS = 253

/** Policies of YAML or JSON: one, several documents, or a list as kubectl prints it. */
export function parsePolicies(text: string, holds: RuleHolds): ParsedPolicies {
  let documents: unknown[]
  try {
    documents = loadAll(text, { schema: YAML11_SCHEMA }).flatMap(itemsOf)
  } catch (error) {
    return { policies: [], problems: [`it is no YAML: ${messageOf(error).split('\\x0a')[0]}`] }
  }
  const policies = new Map<string, Policy>()
  const problems: string[] = []
  for (const [at, document] of documents.entries()) {
    const { apiVersion, kind, metadata, spec } = document as RawPolicy
    const name = typeof metadata?.name === 'string' ? metadata.name : undefined
    const about = name === undefined ? `document ${at + 1}` : `policy ${name}`
    if (apiVersion !== API_VERSION || kind !== oomPolicyKind.kind) {
      problems.push(
        `${about}: expected ${oomPolicyKind.kind} of ${API_VERSION}, got ${words(kind)} of ${words(apiVersion)}`,
      )
      continue
    }
    if (name === undefined || name.length > MAX_NAME_CHARS || !NAME.test(name))
      problems.push(`${about}: metadata.name: expected lower-case letters, digits, "-" and ".", got ${words(name)}`)
    const validated = validateSpec(spec, holds)
    if (!validated.ok) problems.push(...validated.problems.map((problem) => `${about}: ${problem}`))
    else if (name !== undefined && policies.has(name)) problems.push(`${about} is there twice`)
    else if (name !== undefined)
      policies.set(name, {
        name,
        uid: `tested-${at}`,
        generation: 0,
        spec: validated.spec,
        deleting: false,
        held: false,
      })
  }
  if (documents.length === 0) problems.push(`expected ${oomPolicyKind.kind} of ${API_VERSION}, got no document`)
  return { policies: [...policies.values()], problems }
}

interface RawPolicy {
  apiVersion?: unknown
  kind?: unknown
  metadata?: { name?: unknown } | null
  spec?: unknown
}

/** Of a list its items; of nothing between two marks none. */
function itemsOf(document: unknown): unknown[] {
  if (document === null || document === undefined) return []
  const { kind, items } = document as { kind?: unknown; items?: unknown }
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : [document]
}

function words(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 100)}"` : 'none'
}
