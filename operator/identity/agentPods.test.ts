import { describe, expect, it } from '@jest/globals'
import { AgentPods } from './agentPods.ts'

const podOf = (uid: string, namespace: string) => ({
  metadata: { uid, namespace, name: uid },
  spec: { nodeName: 'node-a' },
  status: { podIPs: [{ ip: '10.0.0.7' }, {}] },
})

describe('AgentPods', () => {
  it('keeps node and addresses of the pods of one namespace, as long as they are there', () => {
    const pods = new AgentPods('oomkeeper')
    for (const uid of ['a', 'b', 'c']) pods.put(podOf(uid, 'oomkeeper'))
    pods.put(podOf('x', 'shop'))
    expect(pods.find('a')).toEqual({ node: 'node-a', addresses: ['10.0.0.7'] })
    expect(pods.find('x')).toBeUndefined()
    pods.remove('a')
    pods.retainOnly(new Set(['b']))
    expect(['a', 'b', 'c'].map((uid) => pods.find(uid) !== undefined)).toEqual([false, true, false])
  })
})
