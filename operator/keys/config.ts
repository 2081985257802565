import * as z from 'zod'
import { flagSchemas } from '#program/flagSchemas.ts'
import { required, type FlagValues } from '#program/flags.ts'
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
  logLevel,
}

export type KeysConfig = FlagValues<typeof keysFlags>
