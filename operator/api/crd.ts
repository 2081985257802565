import * as z from 'zod'
import { GROUP, VERSION } from './killRecord.ts'

export interface ValidationRule {
  rule: string
  message: string
}

export interface PrinterColumn {
  name: string
  type: 'string' | 'integer' | 'date'
  jsonPath: string
  description?: string
  /** 1: only with `-o wide`. */
  priority?: number
}

/** What a custom resource of ours is, short of its YAML. */
export interface ReportKind {
  kind: string
  plural: string
  shortName: string
  scope: 'Namespaced' | 'Cluster'
  description: string
  spec: z.ZodType
  status: z.ZodType
  rules?: readonly ValidationRule[]
  columns: readonly PrinterColumn[]
  selectableFields: readonly string[]
}

type JsonSchema = Record<string, unknown>

/** The CustomResourceDefinition (apiextensions.k8s.io/v1) of a kind. */
export function buildCrd(kind: ReportKind): JsonSchema {
  const singular = kind.kind.toLowerCase()
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${GROUP}`, labels: { 'app.kubernetes.io/part-of': 'oomkeeper' } },
    spec: {
      group: GROUP,
      scope: kind.scope,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular,
        shortNames: [kind.shortName],
        categories: ['oom'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns,
          selectableFields: kind.selectableFields.map((jsonPath) => ({ jsonPath })),
          schema: { openAPIV3Schema: rootSchema(kind) },
        },
      ],
    },
  }
}

function rootSchema(kind: ReportKind): JsonSchema {
  return {
    description: kind.description,
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structuralSchema(kind.spec),
      status: structuralSchema(kind.status),
    },
    ...(kind.rules === undefined ? {} : { 'x-kubernetes-validations': kind.rules }),
  }
}

/**
 * A zod schema as a structural schema (Kubernetes docs, "Specifying a structural schema").
 * @throws Error when the zod schema has a part that structural schemas cannot say: a defect of ours, found by the
 * generator and its test.
 */
export function structuralSchema(schema: z.ZodType): JsonSchema {
  return checkStructural(
    z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline', unrepresentable: 'throw' }),
    '$',
  )
}

/** Outside a structural schema's words, or with another meaning there. */
const FORBIDDEN = ['$ref', '$defs', 'oneOf', 'anyOf', 'allOf', 'not', 'const', 'propertyNames']

function checkStructural(node: JsonSchema, path: string): JsonSchema {
  for (const word of FORBIDDEN) {
    if (word in node) throw new Error(`${path}: expected a structural schema, got ${word}`)
  }
  const { $schema: _dialect, ...rest } = node
  // The apiserver checks date-time itself; zod's own pattern for it is 300 characters of calendar.
  if (rest['format'] === 'date-time') delete rest['pattern']
  if (rest['type'] === 'string' && !('enum' in rest) && !('format' in rest) && !('maxLength' in rest)) {
    throw new Error(`${path}: expected a string with a greatest length, got one without`)
  }
  if (rest['type'] === 'array' && !('maxItems' in rest)) {
    throw new Error(`${path}: expected a list with a greatest length, got one without`)
  }
  for (const word of ['items', 'additionalProperties'] as const) {
    const child = rest[word]
    if (isObject(child)) rest[word] = checkStructural(child, `${path}.${word}`)
  }
  if (isObject(rest['properties'])) {
    rest['properties'] = Object.fromEntries(
      Object.entries(rest['properties']).map(([name, child]) => [
        name,
        checkStructural(child as JsonSchema, `${path}.${name}`),
      ]),
    )
  }
  return rest
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
