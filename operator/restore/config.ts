import * as z from 'zod'
import { flagSchemas } from '#program/flagSchemas.ts'
import { required, withDefault, type FlagValues } from '#program/flags.ts'
import { operatorFlags } from '../config.ts'

const { kubeconfig, context, natsUrl, natsSeedFile, natsUser, natsPasswordFile, natsCaFile, leaseName, logLevel } =
  operatorFlags
const seconds = z
  .string()
  .regex(/^\d{1,4}$/, 'it must be a number of seconds')
  .transform(Number)
  .pipe(z.int().min(1, 'it must be at least 1'))

export const restoreFlags = {
  kubeconfig,
  context,
  natsUrl,
  natsSeedFile,
  natsUser,
  natsPasswordFile,
  natsCaFile,
  namespace: required(flagSchemas.text, 'NAME', "the namespace of the operator's Deployment"),
  deployment: required(flagSchemas.text, 'NAME', 'the Deployment of the operator, which is scaled to 0 first'),
  leaseName,
  wait: withDefault(seconds, 'SECONDS', '60', 'how long the nodes may take to give their scores back'),
  logLevel,
}

export type RestoreConfig = FlagValues<typeof restoreFlags>
