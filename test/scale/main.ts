import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { messageOf } from '../../program/errors.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { numberFrom } from '../support/numberFrom.ts'
import { OPERATOR_ENV } from '../support/stack.ts'
import { bundlePrograms } from '../support/bundlePrograms.ts'
import { drawGrowth } from './plot.ts'
import { figuresOf, findWrong, runScale } from './scale.ts'
import { FULL, type ScaleSizes } from './sizes.ts'
import { growthTable } from './table.ts'

const size = (name: string, otherwise: number): number => numberFrom('scale', name, otherwise)
const sizes: ScaleSizes = {
  nodes: size('SCALE_NODES', FULL.nodes),
  pods: size('SCALE_PODS', FULL.pods),
  workloads: size('SCALE_WORKLOADS', FULL.workloads),
  kills: size('SCALE_KILLS', FULL.kills),
  stormSeconds: size('SCALE_SECONDS', FULL.stormSeconds),
  quietKills: size('SCALE_QUIET', FULL.quietKills),
}
const plotFile = process.env['SCALE_PLOT']
const profileFolder = process.env['SCALE_CPU_PROF']

const impossible = whyNoServers() ?? (sizes.pods < sizes.workloads ? 'fewer pods than workloads' : undefined)
if (impossible !== undefined) {
  console.log(`scale failed: ${impossible}`)
  process.exit(3)
}

try {
  bundlePrograms()
  const results = await runScale({
    sizes,
    growing: process.env['SCALE_GROWING'] !== '0',
    log: (line) => console.log(line),
    operatorEnv:
      profileFolder === undefined
        ? {}
        : { NODE_OPTIONS: `${OPERATOR_ENV.NODE_OPTIONS} --cpu-prof --cpu-prof-dir=${profileFolder}` },
  })
  console.log(growthTable(results))
  if (plotFile !== undefined) writeFileSync(plotFile, drawGrowth(results))
  const wrong = findWrong(results)
  if (wrong.length > 0) {
    console.log(wrong.slice(0, 20).join('\n'))
    console.log(`scale failed: ${figuresOf(results)}: ${wrong[0]}`)
    process.exit(1)
  }
  console.log(`scale ok: ${figuresOf(results)}`)
} catch (error) {
  console.log(`scale failed: ${messageOf(error)}`)
  process.exit(3)
}
