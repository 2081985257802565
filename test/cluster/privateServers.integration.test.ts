import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { whyNoServers } from './host/requirements.ts'
import { startApiserver, type PrivateApiserver } from './privateServers.ts'
import { describeUnless } from '../support/leftOut.ts'

describeUnless(whyNoServers(), 'a private kube-apiserver', () => {
  let server: PrivateApiserver
  beforeAll(async () => {
    server = await startApiserver({ log: () => {} })
  }, 1_800_000)
  afterAll(async () => server?.dispose())

  it('takes nodes and pods as a test writes them', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'shop', namespace: 'default' },
      spec: { nodeName: 'node-a', containers: [{ name: 'web', image: 'web' }] },
    }
    await server.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(pod) })
    const uid = await server.kubectl(['get', 'pod', 'shop', '-o', 'jsonpath={.metadata.uid}'])
    expect(uid).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('has RBAC on: a service account without a role may list nothing', async () => {
    const may = server.kubectl(['auth', 'can-i', 'list', 'pods', '--as', 'system:serviceaccount:default:nobody'])
    await expect(may).rejects.toThrow(/exited with 1: no/)
  })

  it('keeps its objects when it is killed and started again', async () => {
    const { pid } = server.apiserver
    await server.apiserver.kill()
    await server.apiserver.start()
    expect(server.apiserver.pid).not.toBe(pid)
    await expect(server.kubectl(['get', 'pods', '-o', 'name'])).resolves.toBe('pod/shop\n')
  }, 60_000)
})
