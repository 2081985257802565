import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { VERSION } from '../program/version.ts'
import { errorMessage } from '../test/cluster/process/wait.ts'
import { packageChart } from './chart/packageChart.ts'

const IMAGES = 'dist/images.json'

/** `make chart`: the chart as a package in dist/chart, which installs the image in dist/ by its digest. */
try {
  if (!existsSync(IMAGES)) throw new Error(`expected ${IMAGES}, found none: run "make images" first`)
  const { digest, created } = JSON.parse(readFileSync(IMAGES, 'utf8')) as { digest: string; created: string }
  const file = await packageChart({ version: VERSION, digest, created, folder: 'dist/chart' })
  console.log(`chart ok: ${relative('.', file)}, with the image ${digest}`)
} catch (error) {
  console.error(`chart failed: ${errorMessage(error)}`)
  process.exitCode = 3
}
