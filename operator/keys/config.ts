import * as z from 'zod'
import { flagSchemas } from '#program/flagSchemas.ts'
import { optional, required, type FlagValues } from '#program/flags.ts'
import { operatorFlags } from '../config.ts'
import { AUTH_MODES } from './planKeys.ts'

const { kubeconfig, context, logLevel } = operatorFlags

export const keysFlags = {
  kubeconfig,
  context,
  namespace: required(flagSchemas.text, 'NAME', 'the namespace of the Secret'),
  secret: required(
    flagSchemas.text,
    'NAME',
    'the Secret: what is missing in it is made, what is there is left as it is',
  ),
  auth: required(
    z.enum(AUTH_MODES),
    'callout|token',
    'what it is for: logins that the operator answers, or two passwords',
  ),
  tlsNames: optional(
    z
      .string()
      .regex(/^[a-z0-9.*-]{1,253}(,[a-z0-9.*-]{1,253})*$/, 'it must look like nats.oomkeeper.svc,127.0.0.1')
      .transform((text) => text.split(',')),
    'NAME,…',
    'what the server is known by, DNS names and IPv4 addresses: it gets a certificate for them, and a new one when less than a third of its time is left; without it, none',
  ),
  logLevel,
}

export type KeysConfig = FlagValues<typeof keysFlags>
