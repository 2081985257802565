import { describe, expect, it } from '@jest/globals'
import type { KubeClient } from './kubeClient.ts'
import { OperatorDeployment } from './operatorDeployment.ts'

/** Of a Deployment whose pods are gone at once. @param podsCode what the apiserver answers about them */
function deploymentOf(replicas: number | undefined, scaled: number[], podsCode = 200): OperatorDeployment {
  const request = (method: string, path: string, body?: { spec: { replicas: number } }) => {
    if (method === 'PATCH') scaled.push(body?.spec.replicas ?? -1)
    const found = path.includes('/pods')
      ? { items: [] }
      : { spec: { replicas, selector: { matchLabels: { app: 'o' } } } }
    return Promise.resolve({ code: path.includes('/pods') ? podsCode : 200, body: found })
  }
  const client = { request } as unknown as KubeClient
  return new OperatorDeployment(client, 'ns', 'operator', () => Promise.resolve())
}

describe('OperatorDeployment', () => {
  it.each([
    [2, 'as many as there were', 2],
    [undefined, 'one where no number was said', 1],
    [0, 'one where a run before this one had stopped it', 1],
  ])('of %p brings back %s', async (replicas, _which, back) => {
    const scaled: number[] = []
    const start = await deploymentOf(replicas, scaled).stop()
    await start()
    expect(scaled).toEqual([0, back])
  })

  it('brings them back where it cannot be seen whether they are gone', async () => {
    const scaled: number[] = []
    await expect(deploymentOf(2, scaled, 403).stop()).rejects.toThrow("list the operator's pods")
    expect(scaled).toEqual([0, 2])
  })
})
