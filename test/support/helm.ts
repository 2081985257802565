import { join } from 'node:path'
import { loadAll } from 'js-yaml'
import { ensureBuilt } from '../cluster/build/ensureBuilt.ts'
import { HELM } from '../cluster/build/goModule.ts'
import { runCommand } from '../cluster/process/run.ts'

export const CHART_FOLDER = new URL('../../charts/oomkeeper', import.meta.url).pathname

export interface RenderedObject {
  kind: string
  metadata: { name: string; annotations?: Record<string, string> }
  [field: string]: unknown
}

/** Runs the real helm; its own caches go to a folder of the caller's. */
export type Helm = (args: readonly string[]) => Promise<string>

export async function ensureHelm(homeFolder: string, kubeconfig?: string): Promise<Helm> {
  const helm = join(await ensureBuilt(HELM, () => {}), 'helm')
  const homes = { HELM_CACHE_HOME: homeFolder, HELM_CONFIG_HOME: homeFolder, HELM_DATA_HOME: homeFolder }
  const env = { ...process.env, ...homes, KUBECONFIG: kubeconfig ?? join(homeFolder, 'no-kubeconfig') }
  return (args) => runCommand([helm, ...args], { env, timeoutMs: 300_000 })
}

/** `a.b=c` of each value, as --set takes them. */
export async function renderChart(
  helm: Helm,
  values: readonly string[] = [],
  { release = 'oomkeeper', chart = CHART_FOLDER, namespace = 'oomkeeper' } = {},
): Promise<RenderedObject[]> {
  const text = await helm([
    'template',
    release,
    chart,
    `--namespace=${namespace}`,
    ...values.flatMap((value) => ['--set', value]),
  ])
  return (loadAll(text) as (RenderedObject | null)[]).filter((object) => object !== null)
}
