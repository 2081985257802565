import * as z from 'zod'
import { flagSchemas } from '#program/flagSchemas.ts'
import { optional, required, withDefault, type FlagValues } from '#program/flags.ts'
import { operatorFlags } from '../config.ts'

const { kubeconfig, context, logLevel } = operatorFlags

export const selftestFlags = {
  kubeconfig,
  context,
  part: required(
    z.enum(['victim', 'witness']),
    'victim|witness',
    'what it does: take memory until the kernel kills it, or wait for the report of that',
  ),
  marker: optional(flagSchemas.text, 'FILE', 'victim: made before the kill; where it is there, the kill has been'),
  namespace: optional(flagSchemas.text, 'NAME', 'witness: the namespace of the pod'),
  podUid: optional(flagSchemas.text, 'UID', 'witness: the UID of the pod'),
  wait: withDefault(flagSchemas.countUpTo(3_600), 'SECONDS', '120', 'witness: how long the report may take'),
  logLevel,
}

export type SelftestConfig = FlagValues<typeof selftestFlags>
