import * as z from 'zod'
import { killEvent, killScope } from '#contract/killEvent.ts'
import { nodeOomReportSpec, nodeOomReportStatus } from '../api/nodeOomReport.ts'
import { oomReportSpec, oomReportStatus } from '../api/oomReport.ts'

/*
 * What the operator's HTTP API answers, beside the ranking (operator/api/nodeRanking.ts). Version 1: fields may be added, never
 * changed or removed; a reader ignores the ones that it does not know.
 */

/** RFC 9457. */
export const problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().meta({ description: 'What the status means.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'One printable line: what was expected, and what came.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' })
export type Problem = z.infer<typeof problem>

export const health = z
  .object({
    version: z.literal(1),
    ready: z.boolean(),
    reasons: z.array(z.string()).meta({ description: 'Why the operator cannot do all of its work now.' }),
  })
  .meta({ id: 'Health' })
export type Health = z.infer<typeof health>

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  resourceVersion: z.string(),
  creationTimestamp: z.string(),
})
const apiVersion = z.literal('oomkeeper.io/v1alpha1')
/** Stored objects pass through as the apiserver has them, which holds them to the kinds' own schemas. */
export const storedOomReport = z
  .object({
    apiVersion,
    kind: z.literal('OOMReport'),
    metadata,
    spec: oomReportSpec,
    status: oomReportStatus.optional(),
  })
  .meta({ id: 'OOMReport' })
export const storedNodeOomReport = z
  .object({
    apiVersion,
    kind: z.literal('NodeOOMReport'),
    metadata,
    spec: nodeOomReportSpec,
    status: nodeOomReportStatus.optional(),
  })
  .meta({ id: 'NodeOOMReport' })

const nextPage = z.string().optional().meta({ description: 'Absent on the last page.' })
export const reportPage = z
  .object({ version: z.literal(1), items: z.array(storedOomReport), continue: nextPage })
  .meta({ id: 'OOMReportPage' })
export const nodeReportPage = z
  .object({ version: z.literal(1), items: z.array(storedNodeOomReport), continue: nextPage })
  .meta({ id: 'NodeOOMReportPage' })

/** Absent for a victim outside of pods, and for a pod that is not known or not bound to that node. */
const names = {
  namespace: z.string().optional(),
  podName: z.string().optional(),
  containerName: z.string().optional(),
}
export type PodNames = z.infer<z.ZodObject<typeof names>>

const streamSequence = z.int().positive().meta({ description: 'Its place in the stream of kills.' })

export const storedKill = z
  .object({
    version: z.literal(1),
    streamSequence,
    storedAt: z.string().meta({ description: 'When the stream took it, RFC 3339.' }),
    ...names,
    event: killEvent,
  })
  .meta({
    id: 'StoredKill',
    description: 'A kill as its node told it, with the names that the cluster has for its pod.',
  })
export type StoredKill = z.infer<typeof storedKill>

/** One line of the stream of new kills. */
export const killNotice = z
  .object({
    version: z.literal(1),
    streamSequence,
    node: z.string(),
    bootId: z.string(),
    sequence: z.int().nonnegative(),
    recoveredAs: z.string().optional(),
    killedAt: z.string(),
    source: killEvent.shape.source,
    outcome: killEvent.shape.outcome,
    scope: killScope,
    limitKib: z.int().nonnegative().optional(),
    victimPid: z.int().nonnegative().optional(),
    victimCommand: z.string().optional(),
    victimRssKib: z.int().nonnegative().optional(),
    triggerPid: z.int().nonnegative().optional(),
    triggerCommand: z.string().optional(),
    cgroupPath: z.string().optional(),
    podUid: z.string().optional(),
    ...names,
  })
  .meta({ id: 'KillNotice', description: 'A kill that was stored just now.' })
export type KillNotice = z.infer<typeof killNotice>
