import { describe, expect, it } from '@jest/globals'
import { reportName } from './reportName.ts'

const nameOf = (kind: string, name: string, container = 'app', apiVersion = 'apps/v1') =>
  reportName({ workload: { apiVersion, kind, name }, container })

const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

describe('reportName', () => {
  it('reads like the workload and its container', () => {
    expect(nameOf('Deployment', 'eater')).toBe('deployment.eater.app')
  })

  it('tells kinds, containers and groups apart', () => {
    const names = [
      nameOf('Deployment', 'a'),
      nameOf('StatefulSet', 'a'),
      nameOf('Deployment', 'a', 'b'),
      nameOf('Deployment', 'a', 'app', 'example.com/v1'),
      nameOf('Deployment', 'a', 'app', 'example.org/v1'),
      nameOf('Deployment', 'a', '(unknown)'),
      nameOf('Deployment', 'a', 'unknown'),
    ]
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(SUBDOMAIN)
  })

  it('stays a name of Kubernetes however long or odd the parts are', () => {
    const long = 'x'.repeat(253)
    const names = [
      nameOf('Deployment', long),
      nameOf('Deployment', `${long.slice(1)}y`),
      nameOf('Foo', '-.A_b..-', '(unknown)'),
    ]
    for (const name of names) {
      expect(name).toMatch(SUBDOMAIN)
      expect(name.length).toBeLessThanOrEqual(253)
    }
    expect(names[0]).not.toBe(names[1])
  })
})
