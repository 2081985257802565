import { describe, expect, it } from '@jest/globals'
import type { KubeClient } from './kubeClient.ts'
import { OperatorDeployment } from './operatorDeployment.ts'

/** Of a Deployment whose pods are gone at once. @returns to how many it was scaled, one after the other. */
async function stopAndStart(replicas: number | undefined): Promise<number[]> {
  const scaled: number[] = []
  const request = (method: string, path: string, body?: { spec: { replicas: number } }) => {
    if (method === 'PATCH') scaled.push(body?.spec.replicas ?? -1)
    const found = path.includes('/pods')
      ? { items: [] }
      : { spec: { replicas, selector: { matchLabels: { app: 'o' } } } }
    return Promise.resolve({ code: 200, body: found })
  }
  const client = { request } as unknown as KubeClient
  const start = await new OperatorDeployment(client, 'ns', 'operator', () => Promise.resolve()).stop()
  await start()
  return scaled
}

describe('OperatorDeployment', () => {
  it.each([
    [2, 'as many as there were', 2],
    [undefined, 'one where no number was said', 1],
    [0, 'one where a run before this one had stopped it', 1],
  ])('of %p brings back %s', async (replicas, _which, back) => {
    expect(await stopAndStart(replicas)).toEqual([0, back])
  })
})
