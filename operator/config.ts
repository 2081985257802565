import * as z from 'zod'
import { DEFAULT_PROTECTED_MEMORY_PERCENT } from './policies/clusterFacts.ts'
import { MAX_KEEP_OUT_SECONDS } from './identity/floodNotice.ts'
import { isLoopback } from './rank/loopback.ts'
import { flagSchemas } from '#program/flagSchemas.ts'
import { optional, required, switchedOff, withDefault, type FlagValues } from '#program/flags.ts'

export const operatorFlags = {
  kubeconfig: optional(
    flagSchemas.text,
    'FILE',
    'kubeconfig of the cluster; without it, the service account of the pod',
  ),
  context: optional(flagSchemas.text, 'NAME', 'context of the kubeconfig; without it, the current one'),
  natsUrl: required(flagSchemas.url(['nats:', 'tls:']), 'URL', 'NATS server with JetStream, like nats://HOST:4222'),
  natsSeedFile: optional(
    flagSchemas.text,
    'FILE',
    'the seed of an NATS user key in the account OOM, read on each connection',
  ),
  natsUser: withDefault(flagSchemas.text, 'NAME', 'operator', 'a NATS user there instead, with the next flag'),
  natsPasswordFile: optional(flagSchemas.text, 'FILE', "file with that user's password, read on each connection"),
  natsCaFile: optional(
    flagSchemas.text,
    'FILE',
    "the authority (PEM) of the NATS server's certificate; with it, a server without TLS is refused",
  ),
  calloutSeedFile: optional(
    flagSchemas.text,
    'FILE',
    'the seed of the NATS user key that the server asks about logins of agents (auth_callout); without it, this operator answers none',
  ),
  issuerSeedFile: optional(
    flagSchemas.text,
    'FILE',
    'the seed of the NATS account key that answers are signed with (auth_callout.issuer)',
  ),
  agentServiceAccount: optional(
    z
      .string()
      .regex(/^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/, 'it must look like oomkeeper/oomkeeper-agent')
      .transform((text) => {
        const [namespace = '', name = ''] = text.split('/')
        return { namespace, name }
      }),
    'NAMESPACE/NAME',
    'the service account of the agents: a token of another lets nobody in',
  ),
  loginAddress: withDefault(
    z.enum(['pod', 'any']),
    'pod|any',
    'pod',
    'whether an agent has to come from the address of its pod; any, where something in between changes addresses',
  ),
  loginSeconds: withDefault(
    flagSchemas.countUpTo(86_400),
    'SECONDS',
    '3600',
    'how long an agent is let in for, at most; it comes again then',
  ),
  floodKeepOutSeconds: withDefault(
    flagSchemas.countFromZero(MAX_KEEP_OUT_SECONDS),
    'SECONDS',
    '60',
    'how long a node that floods the stream of kills is cut from NATS, each time it does so again twice as long, an hour at most; 0: never',
  ),
  listen: withDefault(flagSchemas.listen, 'HOST:PORT', '127.0.0.1:9465', 'address of /healthz, /readyz and /metrics'),
  apiListen: withDefault(
    flagSchemas.listen.refine(
      ({ host }) => isLoopback(host),
      'it must be a loopback address: it asks nobody who they are',
    ),
    'HOST:PORT',
    '127.0.0.1:9466',
    'loopback address of the API that people reach by kubectl port-forward',
  ),
  leaderElect: switchedOff('work only while holding the lease: for more than one operator, of which one works'),
  leaseName: withDefault(flagSchemas.text, 'NAME', 'oomkeeper-operator', 'name of that Lease (coordination.k8s.io)'),
  leaseNamespace: optional(
    flagSchemas.text,
    'NAMESPACE',
    'its namespace; without it, that of the pod, or of the kubeconfig’s context',
  ),
  streamMaxBytes: withDefault(
    flagSchemas.bytes,
    'BYTES',
    String(1024 ** 3),
    'how much OOM_KILLS may hold; full, agents keep their kills and wait',
  ),
  streamReplicas: optional(
    flagSchemas.countUpTo(5),
    'N',
    'how many servers of a NATS cluster hold each stream; without it, a new stream has one, and those that are there stay as they are',
  ),
  kubernetesEvents: withDefault(
    z.enum(['on', 'off']),
    'on|off',
    'on',
    'tell kills as Kubernetes Events on pods, workloads and nodes',
  ),
  writesPerSecond: withDefault(
    flagSchemas.countUpTo(10_000),
    'N',
    '100',
    'writes of reports per second, of all together; a report is written once per second at most',
  ),
  writesInFlight: withDefault(flagSchemas.countUpTo(256), 'N', '8', 'writes of reports at the same time'),
  webhookPatienceSeconds: withDefault(
    flagSchemas.countUpTo(86_400),
    'SECONDS',
    '300',
    'how long a report is tried that a failing admission webhook keeps from being written, before its node counts its kills',
  ),
  policies: withDefault(
    z.enum(['on', 'off']),
    'on|off',
    'on',
    'whether OOMPolicies are applied; off, every node is told to give back what they have set',
  ),
  protectedMemoryPercent: withDefault(
    flagSchemas.countUpTo(100),
    'PERCENT',
    String(DEFAULT_PROTECTED_MEMORY_PERCENT),
    "how much of a node's allocatable memory the limits of what policies protect there may be",
  ),
  rollbackWindowSeconds: withDefault(
    flagSchemas.countFromZero(86_400),
    'SECONDS',
    '600',
    'a policy that protects is taken back from a node whose memory runs out so soon after it was first applied there; 0: never',
  ),
  reportMaxAgeDays: withDefault(
    flagSchemas.countUpTo(36_500),
    'DAYS',
    '90',
    'a report whose last kill is longer ago is deleted',
  ),
  reportsPerNamespace: withDefault(
    flagSchemas.countUpTo(100_000),
    'N',
    '500',
    'OOMReports in one namespace; beyond, those whose last kill is the longest ago are deleted',
  ),
  reportsTotal: withDefault(
    flagSchemas.countUpTo(1_000_000),
    'N',
    '10000',
    'OOMReports in all, and NodeOOMReports in all; beyond, as above',
  ),
  logLevel: withDefault(flagSchemas.logLevel, 'LEVEL', 'info', 'trace, debug, info, warn, error or fatal'),
}

export type OperatorConfig = FlagValues<typeof operatorFlags>
