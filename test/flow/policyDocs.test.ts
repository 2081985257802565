import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { SCORE_CHECKS } from '../../agent/adjust/checks/scoreChecks.ts'
import { structuralSchema } from '../../operator/api/crd.ts'
import { oomPolicySpec } from '../../operator/api/oomPolicySpec.ts'
import { CONTAINER_CHECKS } from '../../operator/policies/checks/containerChecks.ts'

const root = resolve(import.meta.dirname, '../..')
const docs = readFileSync(resolve(root, 'docs/policies.md'), 'utf8')

interface Schema {
  properties?: Readonly<Record<string, Schema>>
  items?: Schema
}

function fieldsOf({ properties = {}, items }: Schema): string[] {
  const own = Object.entries(properties).flatMap(([name, child]) => [name, ...fieldsOf(child)])
  return items === undefined ? own : [...own, ...fieldsOf(items)]
}

describe('docs/policies.md', () => {
  it('explains every field of a policy', () => {
    const fields = fieldsOf(structuralSchema(oomPolicySpec))
    expect(fields.length).toBeGreaterThan(20)
    expect(fields.filter((name) => !new RegExp(`\`${name}[\`:]`).test(docs))).toEqual([])
  })

  it('explains every guard rail, of the operator and of the agent', () => {
    const reasons = [...CONTAINER_CHECKS.map(({ reason }) => reason), ...SCORE_CHECKS.map(({ name }) => name)]
    expect(reasons.filter((reason) => !docs.includes(`| \`${reason}\``))).toEqual([])
  })

  it('shows what `oomkeeper policy test` says', () => {
    expect(docs).toContain(readFileSync(resolve(root, 'test/fixtures/policies/shop-database.txt'), 'utf8'))
  })

  it('has links to files that are there', () => {
    const links = [...docs.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path)
    expect(links.length).toBeGreaterThan(1)
    for (const link of links) expect(readdirSync(resolve(root, 'docs', link, '..'))).toContain(link.split('/').at(-1))
  })
})
