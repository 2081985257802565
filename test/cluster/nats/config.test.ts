import { describe, expect, it } from '@jest/globals'
import { agentPermissions, renderNatsConfig } from './config.ts'

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

describe('agentPermissions', () => {
  it("holds an agent to its own node's subjects, dots of the name as underscores", () => {
    const { publish, subscribe } = agentPermissions('node.a')
    for (const subject of publish.filter((one) => !one.endsWith('._lease'))) expect(subject).toContain('.node_a')
    expect(subscribe).toEqual(['_INBOX.node_a.>', 'oom.v1.desired.node_a', 'oom.v1.rank.node_a'])
  })

  it('lets no agent touch the JetStream API but to read its own desired state and the lease on all of them', () => {
    const api = agentPermissions('n').publish.filter((subject) => subject.startsWith('$JS'))
    expect(api).toEqual([
      '$JS.API.DIRECT.GET.KV_OOM_DESIRED.$KV.OOM_DESIRED.n',
      '$JS.API.DIRECT.GET.KV_OOM_DESIRED.$KV.OOM_DESIRED._lease',
    ])
  })
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
