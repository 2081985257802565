import { setTimeout as sleep } from 'node:timers/promises'
import { decodeDesiredState } from '#contract/desiredState.ts'
import { watchedPods } from '../../../operator/adapters/watched.ts'
import { oomPolicySpec } from '../../../operator/api/oomPolicySpec.ts'
import { decide } from '../../../operator/policies/decide.ts'
import type { Policy } from '../../../operator/policies/selection.ts'
import { PodStore } from '../../../operator/runtime/podStore.ts'
import { PolicyEngine } from '../../../operator/runtime/policyEngine.ts'
import { FakeBucket } from '../../../operator/testing/fakeBucket.ts'
import { clusterFactsOf, quietPolicyPorts } from '../../../operator/testing/policies.ts'
import { podListText } from '../pods/syntheticPods.ts'

const PODS = Number(process.env['PODS'] ?? 50_000)
const POLICIES = 20
/** Of the teams one policy selects so many, so that four or five select each container. */
const TEAMS = 100
const TEAMS_SELECTED = 22
const SHAPE = { nodes: Math.ceil(PODS / 50), workloads: Math.ceil(PODS / 25) }
const ROUNDS = 15
const GOAL_RATIO = 3

type RawPod = { metadata: { uid: string; labels: Record<string, string> }; spec: { nodeName: string } }

function policyOf(number: number): Policy {
  const teams = Array.from({ length: TEAMS_SELECTED }, (_, at) => `team-${(number * 5 + at) % TEAMS}`)
  const spec = {
    podSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: teams }] },
    oomScoreAdj: { value: 999 },
    mode: 'Enforce',
    priority: number,
  }
  const uid = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  return { name: `p${number}`, uid, generation: 1, spec: oomPolicySpec.parse(spec), deleting: false, held: true }
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** What one pod's change takes of the processor until all of it is decided and written, beside deciding everything once. */
async function bench(): Promise<string> {
  const store = new PodStore({ maxDeleted: 20_000, deletedTtlMs: 3_600_000, now: Date.now })
  const policies = Array.from({ length: POLICIES }, (_, number) => policyOf(number))
  const namespaces = Array.from({ length: TEAMS }, (_, team) => ({ name: `team-${team}`, labels: {} }))
  const { rails } = clusterFactsOf()
  const bucket = new FakeBucket()
  let settled = Promise.withResolvers<void>()
  const clock = {
    get nowMs() {
      return performance.timeOrigin + performance.now()
    },
    sleep,
  }
  const engine = new PolicyEngine(() => store.live(), rails, {
    ...quietPolicyPorts(clock),
    settled: () => settled.resolve(),
  })
  const watched = watchedPods(store, engine)
  let list: { items: readonly RawPod[] } = { items: [] }
  for (let from = 0; from < PODS; from += 500) {
    list = JSON.parse(podListText(from, Math.min(PODS, from + 500), SHAPE)) as typeof list
    for (const raw of list.items) watched.put(raw)
  }
  for (const one of namespaces) engine.namespaces.put(one.name, one)
  for (const one of policies) engine.policies.put(one.uid, one)
  void engine.run(bucket, new AbortController().signal)
  await settled.promise
  // Each node says that it did as it is told.
  for (let number = 0; number < SHAPE.nodes; number++) {
    const { state = '', revision = 0 } = bucket.see(`node-${number}`) ?? {}
    const decoded = decodeDesiredState(state, `node-${number}`)
    if (!decoded.ok) throw new Error(decoded.reason)
    const { rules, containers } = decoded.state
    const outcomes = containers.map(({ containerId = '', rules: places }) => ({
      containerId,
      outcomes: places.map((rule, at) => ({
        rule,
        outcome: at === 0 ? ('applied' as const) : ('skipped' as const),
        processes: 3,
      })),
    }))
    engine.noteStatus(`node-${number}`, { rules, reasons: [], containers: outcomes, desiredRevision: revision })
  }
  engine.noteHearing()
  const next = async (change: () => void): Promise<number> => {
    settled = Promise.withResolvers()
    const startMs = cpuMs()
    change()
    await settled.promise
    return cpuMs() - startMs
  }
  await next(() => engine.noteHearing())
  const [some] = list.items
  if (some === undefined) throw new Error('expected pods')
  const wholes: number[] = []
  const ones: number[] = []
  const facts = clusterFactsOf({
    rails,
    namespaces: new Map(namespaces.map(({ name, labels }) => [name, labels])),
    nodes: new Map(),
  })
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = cpuMs()
    decide(policies, store.live(), facts)
    wholes.push(cpuMs() - startMs)
    const team = `team-${round % TEAMS}`
    const raw = { ...some, metadata: { ...some.metadata, labels: { ...some.metadata.labels, team } } }
    ones.push(await next(() => watched.put(raw)))
  }
  const [whole, one] = [median(wholes), median(ones)]
  const told = `${store.size} pods on ${SHAPE.nodes} nodes, ${POLICIES} policies: one pod's change ${one.toFixed(1)} ms of CPU, all decided at once ${whole.toFixed(0)} ms`
  if (whole / one < GOAL_RATIO) throw new Error(`${told}; expected ${GOAL_RATIO} times less at least`)
  return `${told}, ${(whole / one).toFixed(1)} times less`
}

try {
  console.log(`bench-policies ok: ${await bench()}`)
  process.exit(0)
} catch (error) {
  console.log(`bench-policies failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(3)
}
