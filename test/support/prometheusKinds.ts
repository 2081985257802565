import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBuilt, sourceFolder } from '../cluster/build/ensureBuilt.ts'
import { PROMETHEUS_KINDS } from '../cluster/build/goModule.ts'
import { runCommand } from '../cluster/process/run.ts'

const API = 'github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1'

/**
 * The definitions of the kinds that the chart makes objects of for the Prometheus operator, as files for kubectl: generated from
 * its own Go types by the program and the arguments that it uses itself (its Makefile, generate-crds), once, into the cache.
 */
export async function ensurePrometheusKinds(): Promise<string[]> {
  const programs = await ensureBuilt(PROMETHEUS_KINDS, () => {})
  const folder = join(programs, 'kinds')
  if (!existsSync(folder)) await generate(join(programs, 'controller-gen'), folder)
  return ['podmonitors', 'prometheusrules', 'servicemonitors'].map((kind) =>
    join(folder, `monitoring.coreos.com_${kind}.yaml`),
  )
}

async function generate(controllerGen: string, folder: string): Promise<void> {
  const unfinished = `${folder}.${process.pid}`
  try {
    mkdirSync(unfinished, { recursive: true })
    const args = ['crd:crdVersions=v1', `paths=${API}`, `output:crd:dir=${unfinished}`]
    await runCommand([controllerGen, ...args], { cwd: sourceFolder(PROMETHEUS_KINDS), timeoutMs: 300_000 })
    renameSync(unfinished, folder) // Whoever sees the name sees all of it.
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}
