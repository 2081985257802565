import process from 'node:process'
import { messageOf } from '../../program/errors.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { bundlePrograms } from '../support/bundlePrograms.ts'
import { numberFrom } from '../support/numberFrom.ts'
import { FULL_POLICIES, findWrongPolicies, policyFiguresOf, runPolicies } from './policies.ts'

/** A policy is on each node after so long at most. */
const MAX_OUT_S = 10

const impossible = whyNoServers()
if (impossible !== undefined) {
  console.log(`scale-policies failed: ${impossible}`)
  process.exit(3)
}

try {
  bundlePrograms()
  const sizes = {
    ...FULL_POLICIES,
    nodes: numberFrom('scale-policies', 'SCALE_NODES', FULL_POLICIES.nodes),
    pods: numberFrom('scale-policies', 'SCALE_PODS', FULL_POLICIES.pods),
  }
  const result = await runPolicies(sizes, (line) => console.log(line))
  const slow = [result.created, result.changed]
    .filter(({ outS }) => outS > MAX_OUT_S)
    .map(({ outS }) => `expected the policy on each node within ${MAX_OUT_S} s, got ${outS.toFixed(1)} s`)
  const wrong = [...findWrongPolicies(result), ...slow]
  if (wrong.length > 0) {
    console.log(wrong.join('\n'))
    console.log(`scale-policies failed: ${policyFiguresOf(result)}: ${wrong[0]}`)
    process.exit(1)
  }
  console.log(`scale-policies ok: ${policyFiguresOf(result)}`)
} catch (error) {
  console.log(`scale-policies failed: ${messageOf(error)}`)
  process.exit(3)
}
