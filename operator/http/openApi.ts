import * as z from 'zod'
import { problem } from './answers.ts'
import type { Parameters } from './parameters.ts'
import type { Route } from './routes.ts'

type JsonSchema = Record<string, unknown>

/**
 * The API's description, OpenAPI 3.1, made of the routes and their zod schemas. Its schemas are JSON Schema 2020-12, which
 * is what 3.1 takes.
 */
export function describeApi(routes: readonly Route[], version: string): object {
  const components: Record<string, JsonSchema> = {}
  const refer = (schema: z.ZodType) => referTo(schema, components)
  const problemSchema = refer(problem)
  const paths = routes.map((route) => [route.path, { get: describeRoute(route, refer, problemSchema) }] as const)
  return {
    openapi: '3.1.0',
    info: {
      title: 'oomkeeper operator',
      version,
      description:
        "Read-only, on the operator's loopback address. `kubectl port-forward -n oomkeeper deployment/oomkeeper-operator 9466` reaches it, so that the cluster's RBAC decides who may.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:9466' }],
    paths: Object.fromEntries(paths),
    components: { schemas: components },
  }
}

function describeRoute(
  { operationId, summary, inPath, inQuery, answer, problems }: Route,
  refer: (schema: z.ZodType) => JsonSchema,
  problemSchema: JsonSchema,
): object {
  const parameters = [...describeParameters('path', inPath), ...describeParameters('query', inQuery)]
  const refusals = { ...(parameters.length > 0 && { 400: 'A parameter is not as it must be.' }), ...problems }
  const responses = Object.entries(refusals).map(([status, description]) => [
    status,
    { description, content: { 'application/problem+json': { schema: problemSchema } } },
  ])
  return {
    operationId,
    summary,
    parameters,
    responses: {
      200: { description: answer.description, content: { [answer.type]: { schema: refer(answer.schema) } } },
      ...Object.fromEntries(responses),
    },
  }
}

function describeParameters(where: 'path' | 'query', parameters: Parameters): object[] {
  return Object.entries(parameters).map(([name, schema]) => {
    const { description, ...rest } = toJsonSchema(schema)
    return { name, in: where, required: !schema.safeParse(undefined).success, description, schema: rest }
  })
}

/** Puts a schema with a name, and those within it, among the components. */
function referTo(schema: z.ZodType, components: Record<string, JsonSchema>): JsonSchema {
  const { $defs, ...own } = toJsonSchema(schema)
  for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, JsonSchema>)) {
    components[name] = pointToComponents(definition)
  }
  const name = schema.meta()?.id
  if (name === undefined) return pointToComponents(own)
  // A schema with a name may come as a reference to itself among its own definitions.
  if (own['$ref'] === undefined) components[name] = pointToComponents(own)
  return { $ref: `#/components/schemas/${name}` }
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, id: __, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' })
  return rest
}

function pointToComponents(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  )
  return JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema
}
