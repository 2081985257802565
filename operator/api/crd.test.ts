import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import * as z from 'zod'
import { buildCrd, structuralSchema } from './crd.ts'
import { PLAIN_FILE, renderCrdFiles, renderPlainFile, reportKinds } from './crdFiles.ts'
import { nodeOomReportKind } from './nodeOomReport.ts'
import { oomReportKind } from './oomReport.ts'

/** The fields that `kubectl explain` would show without a word. */
function undocumented(schema: object, path: string): string[] {
  const { properties = {}, items } = schema as { properties?: Record<string, { description?: string }>; items?: object }
  return [
    ...(items === undefined ? [] : undocumented(items, `${path}[]`)),
    ...Object.entries(properties).flatMap(([name, field]) => [
      ...(field.description === undefined ? [`${path}.${name}`] : []),
      ...undocumented(field, `${path}.${name}`),
    ]),
  ]
}

describe.each<[string, () => ReadonlyMap<string, string>]>([
  ['crds/', () => new Map([[PLAIN_FILE, renderPlainFile()]])],
  ['charts/oomkeeper/files/crds/', renderCrdFiles],
])('%s', (path, render) => {
  const folder = new URL(`../../${path}`, import.meta.url)

  it('holds exactly what `make generate` writes', () => {
    const files = render()
    expect(readdirSync(folder).sort()).toEqual([...files.keys()].sort())
    for (const [name, content] of files) expect(readFileSync(new URL(name, folder), 'utf8')).toBe(content)
  })
})

describe('buildCrd', () => {
  it('names the kinds as people type them', () => {
    expect(buildCrd(oomReportKind)).toMatchObject({
      metadata: { name: 'oomreports.oomkeeper.io' },
      spec: { scope: 'Namespaced', names: { shortNames: ['oomr'], categories: ['oom'] } },
    })
    expect(buildCrd(nodeOomReportKind)).toMatchObject({
      metadata: { name: 'nodeoomreports.oomkeeper.io' },
      spec: { scope: 'Cluster', names: { shortNames: ['noomr'], categories: ['oom'] } },
    })
  })

  it('shows in narrow output what is read first, and leaves the rest to wide', () => {
    const narrow = oomReportKind.columns.filter(({ priority }) => priority !== 1).map(({ name }) => name)
    expect(narrow).toEqual(['Kills', '24h', 'Hidden', 'Last', 'Victim'])
  })

  it('selects reports by what people ask for: workload, container, node and scope of the last kill', () => {
    expect(oomReportKind.selectableFields).toEqual([
      '.spec.workload.kind',
      '.spec.workload.name',
      '.spec.container',
      '.status.last.node',
      '.status.last.scope',
    ])
    expect(nodeOomReportKind.selectableFields).toEqual(['.status.last.scope', '.status.last.reason'])
  })

  it.each(reportKinds.map((kind) => [kind.kind, kind] as const))(
    'says of each field of an %s what it is',
    (_name, kind) => {
      const { spec, status } = kind
      const schema = { properties: { spec: structuralSchema(spec), status: structuralSchema(status) } }
      expect(undocumented(schema, kind.kind)).toEqual([])
    },
  )
})

describe('structuralSchema', () => {
  it('leaves the check of a date to the apiserver', () => {
    expect(structuralSchema(z.iso.datetime())).toEqual({ type: 'string', format: 'date-time' })
  })

  it('refuses what a structural schema cannot say, and says where', () => {
    expect(() => structuralSchema(z.object({ a: z.union([z.int(), z.boolean()]) }))).toThrow('$.a: expected')
  })

  it.each([
    ['a string', z.object({ a: z.string() })],
    ['a list', z.object({ a: z.array(z.int()) })],
  ])('refuses %s without a greatest length', (_what, schema) => {
    expect(() => structuralSchema(schema)).toThrow('expected a')
  })
})
