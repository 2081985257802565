import { oomPolicyStatus, type OomPolicyStatus } from '../api/oomPolicy.ts'
import { mergePatch } from '../reports/mergePatch.ts'
import { refusalOf } from './kubeAnswers.ts'
import type { KubeClient } from './kubeClient.ts'
import { policyPath } from './policyFinalizer.ts'

/**
 * Reads a policy's status and writes what changed. A policy that is gone has none; after a conflict the next round
 * writes again. @throws ProgramError with retry.
 */
export async function writePolicyStatus(
  client: KubeClient,
  name: string,
  compute: (stored: OomPolicyStatus | undefined) => OomPolicyStatus,
): Promise<void> {
  const path = policyPath(name)
  const answer = await client.request('GET', path)
  if (answer.code === 404) return
  if (answer.code !== 200) throw refusalOf(answer, `read OOMPolicy ${name}`)
  const { metadata, status } = answer.body as { metadata: { resourceVersion: string }; status?: unknown }
  const patch = mergePatch(status ?? {}, compute(oomPolicyStatus.safeParse(status).data))
  if (patch === undefined) return
  const body = { metadata: { resourceVersion: metadata.resourceVersion }, status: patch }
  const written = await client.request('PATCH', `${path}/status?fieldManager=oomkeeper-operator`, body)
  if (written.code === 200 || written.code === 404) return
  throw refusalOf(written, `write the status of OOMPolicy ${name}`)
}
