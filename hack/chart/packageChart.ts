import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHART_FOLDER, ensureHelm } from '../../test/support/helm.ts'
import { pinImage } from './pinImage.ts'

export interface ChartOptions {
  version: string
  /** Of the image that the chart installs. */
  digest: string
  /** RFC 3339: the time of every file in the package, so that the same chart is the same bytes. */
  created: string
  /** Where the package goes. */
  folder: string
}

/** @returns the package, as `helm install` and `helm push` take it */
export async function packageChart({ version, digest, created, folder }: ChartOptions): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), 'oomkeeper-chart-'))
  try {
    const chart = join(work, 'oomkeeper')
    cpSync(CHART_FOLDER, chart, { recursive: true })
    const values = join(chart, 'values.yaml')
    writeFileSync(values, pinImage(readFileSync(values, 'utf8'), digest))
    for (const path of readdirSync(chart, { recursive: true, encoding: 'utf8' }))
      utimesSync(join(chart, path), new Date(created), new Date(created))
    mkdirSync(folder, { recursive: true })
    const helm = await ensureHelm(work)
    await helm(['package', chart, '--version', version, '--app-version', version, '--destination', folder])
    return join(folder, `oomkeeper-${version}.tgz`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
