import { messageOf } from '#program/errors.ts'
import { structuralSchema, type ValidationRule } from '../../operator/api/crd.ts'
import { oomPolicySpec, type OomPolicySpec } from '../../operator/api/oomPolicySpec.ts'
import type { RuleHolds } from './celRules.ts'

/** What of the kind's schema is looked at beside what zod does. */
interface Schema {
  type?: string
  properties?: Readonly<Record<string, Schema>>
  additionalProperties?: Schema
  maxProperties?: number
  items?: Schema
  'x-kubernetes-list-type'?: string
  'x-kubernetes-validations'?: readonly ValidationRule[]
}

export type ValidatedSpec = { ok: true; spec: OomPolicySpec } | { ok: false; problems: readonly string[] }

/**
 * A policy's spec as the apiserver would take it: with defaults, held to the schema and to its CEL rules; a field that
 * there is not is refused too, as kubectl does. Every problem is told, with its place.
 */
export function validateSpec(value: unknown, holds: RuleHolds): ValidatedSpec {
  const schema: Schema = structuralSchema(oomPolicySpec)
  const parsed = oomPolicySpec.safeParse(value)
  const problems = [...unknownFields(schema, value, 'spec')]
  if (!parsed.success) {
    // As the apiserver: rules are not asked about what is not of their type.
    const misfits = parsed.error.issues.map(({ path, message }) => `${placeOf(path)}: ${message}`)
    return { ok: false, problems: [...problems, ...misfits] }
  }
  problems.push(...brokenRules(schema, parsed.data, 'spec', holds))
  return problems.length > 0 ? { ok: false, problems } : { ok: true, spec: parsed.data }
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (place, part) => place + (typeof part === 'number' ? `[${part}]` : `.${String(part)}`),
    'spec',
  )
}

function* unknownFields(schema: Schema, value: unknown, place: string): Generator<string> {
  for (const [child, field, at] of childrenOf(schema, value, place)) {
    if (child === undefined) yield `${at}: there is no such field`
    else yield* unknownFields(child, field, at)
  }
}

function* brokenRules(schema: Schema, value: unknown, place: string, holds: RuleHolds): Generator<string> {
  const { maxProperties, 'x-kubernetes-validations': rules = [] } = schema
  if (maxProperties !== undefined && Object.keys(value as object).length > maxProperties)
    yield `${place}: expected at most ${maxProperties} of them, got ${Object.keys(value as object).length}`
  if (schema['x-kubernetes-list-type'] === 'set' && Array.isArray(value)) {
    const twice = value.find((item, at) => value.indexOf(item) < at)
    if (twice !== undefined) yield `${place}: ${JSON.stringify(twice)} is there twice`
  }
  for (const { rule, message } of rules) {
    const broken = whyBroken(rule, celValue(schema, value), holds)
    if (broken !== undefined) yield `${place}: ${message}${broken}`
  }
  for (const [child, field, at] of childrenOf(schema, value, place)) {
    if (child !== undefined) yield* brokenRules(child, field, at, holds)
  }
}

/** @returns undefined where the rule holds, else what is to be said beside its own message. */
function whyBroken(rule: string, self: unknown, holds: RuleHolds): string | undefined {
  try {
    return holds(rule, self) ? undefined : ''
  } catch (error) {
    return ` (${messageOf(error).split('\\x0a')[0]})`
  }
}

/** Each field or item with its schema: undefined where the schema knows none, a dialect of `additionalProperties` apart. */
function* childrenOf(schema: Schema, value: unknown, place: string): Generator<[Schema | undefined, unknown, string]> {
  if (Array.isArray(value) && schema.items !== undefined) {
    for (const [at, item] of value.entries()) yield [schema.items, item, `${place}[${at}]`]
  } else if (isObject(value) && schema.type === 'object') {
    const { properties = {}, additionalProperties } = schema
    for (const [name, field] of Object.entries(value)) {
      if (field === undefined) continue
      const child = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
      yield [child, field, `${place}.${name}`]
    }
  }
}

/** CEL's integers are not its doubles. */
function celValue(schema: Schema, value: unknown): unknown {
  if (schema.type === 'integer' && typeof value === 'number') return BigInt(value)
  if (Array.isArray(value)) return value.map((item) => celValue(schema.items ?? {}, item))
  if (!isObject(value)) return value
  const { properties = {}, additionalProperties = {} } = schema
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, celValue(properties[name] ?? additionalProperties, field)]),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
