import { describe, expect, it } from '@jest/globals'
import { nodePermissions } from './nodeLogin.ts'

describe('nodePermissions', () => {
  it("holds an agent to its own node's subjects, dots of the name as underscores", () => {
    const { publish, subscribe } = nodePermissions('node.a')
    for (const subject of publish.filter((one) => !one.endsWith('._lease'))) expect(subject).toContain('.node_a')
    expect(subscribe).toEqual(['_INBOX.node_a.>', 'oom.v1.desired.node_a', 'oom.v1.rank.node_a'])
  })

  it('lets no agent touch the JetStream API but to read its own desired state and the lease on all of them', () => {
    const api = nodePermissions('n').publish.filter((subject) => subject.startsWith('$JS'))
    expect(api).toEqual([
      '$JS.API.DIRECT.GET.KV_OOM_DESIRED.$KV.OOM_DESIRED.n',
      '$JS.API.DIRECT.GET.KV_OOM_DESIRED.$KV.OOM_DESIRED._lease',
    ])
  })
})
