import { describe, expect, it } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import * as z from 'zod'
import { killEventOf } from '../testing/killEvents.ts'
import { describeStoredKill } from './describeKill.ts'
import { describeApi } from './openApi.ts'
import { ROUTES } from './routes.ts'

interface Described extends Record<string, unknown> {
  paths: Record<string, { get: { parameters: { name: string; in: string; required: boolean }[]; responses: object } }>
  components: { schemas: Record<string, object> }
}

const published = JSON.parse(JSON.stringify(describeApi(ROUTES, '1.2.3'))) as Described

describe('describeApi', () => {
  it('is valid OpenAPI 3.1 by its own JSON schema', async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(published))).toMatchObject({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('is refused by that validator once a parameter lacks its place', async () => {
    const broken = structuredClone(published)
    for (const { get } of Object.values(broken.paths)) for (const one of get.parameters) one.in = 'nowhere'
    expect(await new Validator().validate(broken)).toMatchObject({ valid: false })
  })

  it('points to nothing that is not there', () => {
    const references = [...JSON.stringify(published).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target)
    expect(references.length).toBeGreaterThan(ROUTES.length)
    const known = Object.keys(published.components.schemas).map((name) => `#/components/schemas/${name}`)
    expect(references.filter((target) => !known.includes(target ?? ''))).toEqual([])
  })

  it('names each part of a path as a required parameter, and each route once', () => {
    for (const [path, { get }] of Object.entries(published.paths)) {
      const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const required = get.parameters.filter((one) => one.in === 'path' && one.required).map(({ name }) => name)
      expect(required).toEqual(parts)
    }
    const ids = ROUTES.map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('has a schema for a kill that takes a kill, and not one without its node', () => {
    const { StoredKill } = published.components.schemas
    const schema = z.fromJSONSchema(StoredKill as Parameters<typeof z.fromJSONSchema>[0])
    const kill = JSON.parse(
      JSON.stringify(
        describeStoredKill({ sequence: 7, event: killEventOf() }, '2026-03-01T10:00:00Z', () => undefined),
      ),
    ) as { event: { node?: string } }
    expect(schema.safeParse(kill).success).toBe(true)
    delete kill.event.node
    expect(schema.safeParse(kill).success).toBe(false)
  })
})
