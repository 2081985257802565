import { operatorError } from '../errors.ts'
import { refusalOf } from './kubeAnswers.ts'
import type { KubeClient } from './kubeClient.ts'

/** Of a Secret of the chart's before it had a hook: without it, Helm would take it away with the upgrade that leaves it out. */
const KEPT = { 'helm.sh/resource-policy': 'keep' }
const ATTEMPTS = 3

type KeyPlan = (existing: Readonly<Record<string, string>>) => Promise<Readonly<Record<string, string>>>

interface RawSecret {
  metadata: { resourceVersion: string; annotations?: Record<string, string> }
  data?: Record<string, string>
}

/**
 * Makes the Secret, or adds to it what is missing or due; all else stays.
 * @param plan What is to be written beside the data that is there, as text.
 * @returns the names of what was made @throws ProgramError ApiserverRefused, KeysUnusable
 */
export async function ensureKeys(
  client: KubeClient,
  { namespace, secret }: { namespace: string; secret: string },
  plan: KeyPlan,
): Promise<string[]> {
  const collection = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`
  const path = `${collection}/${encodeURIComponent(secret)}`
  for (let attempt = 1; ; attempt++) {
    const found = await client.request('GET', path)
    if (found.code !== 200 && found.code !== 404) throw refusalOf(found, `read Secret ${namespace}/${secret}`)
    const before = found.code === 200 ? (found.body as RawSecret) : undefined
    const added = await planned(plan, before, secret)
    const names = Object.keys(added)
    const isKept = before?.metadata.annotations?.['helm.sh/resource-policy'] === 'keep'
    if (before !== undefined && names.length === 0 && isKept) return []
    const data = Object.fromEntries(names.map((name) => [name, Buffer.from(added[name] ?? '').toString('base64')]))
    const labels = { 'app.kubernetes.io/part-of': 'oomkeeper' }
    const answer =
      before === undefined
        ? await client.request('POST', collection, {
            apiVersion: 'v1',
            kind: 'Secret',
            type: 'Opaque',
            metadata: { name: secret, labels, annotations: KEPT },
            data,
          })
        : await client.request('PATCH', path, {
            metadata: { resourceVersion: before.metadata.resourceVersion, annotations: KEPT },
            data,
          })
    if (answer.code === 200 || answer.code === 201) return names
    // Somebody else was quicker: what is there now is looked at.
    if (answer.code !== 409 || attempt === ATTEMPTS) throw refusalOf(answer, `write Secret ${namespace}/${secret}`)
  }
}

async function planned(
  plan: KeyPlan,
  before: RawSecret | undefined,
  secret: string,
): Promise<Readonly<Record<string, string>>> {
  const existing = Object.entries(before?.data ?? {}).map(
    ([name, value]) => [name, Buffer.from(value, 'base64').toString()] as const,
  )
  try {
    return await plan(Object.fromEntries(existing))
  } catch (error) {
    const got = error instanceof Error ? error.message : String(error)
    throw operatorError('KeysUnusable', `Secret ${secret}: ${got}; remove that key to have it made anew`, {
      cause: error,
    })
  }
}
