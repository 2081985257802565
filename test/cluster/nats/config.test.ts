import { describe, expect, it } from '@jest/globals'
import { renderNatsConfig } from './config.ts'

const rendered = renderNatsConfig({
  serverName: 'test',
  listen: { host: '127.0.0.1', port: 4222, monitorPort: 8222 },
  storeFolder: '/tmp/a "b"',
  users: {
    operator: { user: 'operator', password: 'o' },
    system: { user: 'system', password: 's' },
    agents: { 'node.a': { user: 'agent-node_a', password: 'a' } },
  },
})

describe('renderNatsConfig', () => {
  const account = (name: string): string => rendered.split(`\n  ${name} {`)[1]?.split('\n  }')[0] ?? ''

  it('gives JetStream to the account OOM and not to NODES', () => {
    expect(account('OOM')).toContain('jetstream: enabled')
    expect(account('NODES')).not.toContain('jetstream')
  })

  it('imports into NODES exactly the services that OOM exports', () => {
    const subjects = (text: string, pattern: RegExp): string[] => Array.from(text.matchAll(pattern), (m) => m[1] ?? '')
    const exported = subjects(account('OOM'), /\{ service: "([^"]+)" \}/g)
    const imported = subjects(account('NODES'), /\{ service: \{ account: OOM, subject: "([^"]+)" \} \}/g)
    expect(imported).toEqual(exported)
    expect(exported).toHaveLength(4)
  })

  it('tells agents of a new desired state on a subject of their own', () => {
    expect(account('NODES')).toContain(
      '{ stream: { account: OOM, subject: "$KV.OOM_DESIRED.*" }, to: "oom.v1.desired.$1" }',
    )
  })

  it('lets an agent answer a request once', () => {
    expect(account('NODES')).toContain('allow_responses: { max: 1, expires: "10s" }')
  })

  it('quotes what it is given', () => {
    expect(rendered).toContain(String.raw`store_dir: "/tmp/a \"b\""`)
  })
})

describe('renderNatsConfig with callout', () => {
  const callout = { issuer: 'ISSUER', callout: 'CALLOUT', operator: 'OPERATOR' }
  const config = renderNatsConfig({
    serverName: 'test',
    listen: { host: '127.0.0.1', port: 4222, monitorPort: 8222 },
    storeFolder: '/tmp/a',
    users: { operator: { user: 'o', password: 'p' }, system: { user: 's', password: 's' }, agents: {} },
    callout,
  })

  it('asks about everybody but the two whose keys it knows', () => {
    expect(config).toContain('auth_callout { issuer: "ISSUER", account: AUTH, auth_users: [ "CALLOUT", "OPERATOR" ] }')
    const nodes = config.split('\n  NODES {')[1]?.split('\n  }')[0]
    expect(nodes).not.toContain('users')
    expect(config).not.toContain('password: "p"')
  })

  it('lets the operator end connections and do nothing else of the system account', () => {
    const kick = '"$SYS.REQ.SERVER.*.KICK"'
    expect(config.split('SYS').length - rendered.split('SYS').length).toBe(config.split(kick).length * 2 - 2)
    expect(config).toContain(`{ service: { account: SYS, subject: ${kick} } }`)
    expect(config).toContain(`exports: [ { service: ${kick}, accounts: [ OOM ] } ]`)
    expect(rendered).not.toContain('KICK')
  })
})
