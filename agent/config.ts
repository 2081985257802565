import * as z from 'zod'
import { agentMode, type AgentMode } from '#contract/nodeStatus.ts'
import { flagSchemas, type LogLevel } from '#program/flagSchemas.ts'
import { optional, required, withDefault } from '#program/flags.ts'
import type { RecordingPace } from './adapters/kmsgRecording.ts'

const nodeName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'a node name has lower-case letters, digits, dashes and dots')

export const agentFlags = {
  node: required(nodeName, 'NAME', 'the Kubernetes name of this node'),
  natsUrl: required(flagSchemas.url(['nats:', 'tls:']), 'URL', 'the NATS server, as nats://HOST:PORT'),
  natsTokenFile: optional(
    flagSchemas.text,
    'FILE',
    'a service account token for the audience oomkeeper-nats, read on each connection: the operator says by it which node this is',
  ),
  natsUser: optional(flagSchemas.text, 'USER', 'a NATS user instead, with the next flag'),
  natsPasswordFile: optional(flagSchemas.text, 'FILE', 'a file with its password, read on each connection'),
  natsCaFile: optional(
    flagSchemas.text,
    'FILE',
    "the authority (PEM) of the NATS server's certificate; with it, a server without TLS is refused",
  ),
  stateDir: withDefault(
    flagSchemas.text,
    'FOLDER',
    '/var/lib/oomkeeper',
    'where the cursor and kills that are not stored yet are kept across restarts',
  ),
  spoolMaxBytes: withDefault(
    flagSchemas.bytes,
    'BYTES',
    String(256 * 1024 ** 2),
    'how much kills may take on disk that are not stored yet; beyond, the oldest are given up',
  ),
  kmsg: withDefault(flagSchemas.text, 'FILE', '/dev/kmsg', "the kernel's log, or a recording of it"),
  kmsgPace: withDefault(
    z.enum(['kept', 'fast']) as z.ZodType<RecordingPace, string>,
    'kept|fast',
    'fast',
    'whether a recording is told at its own pace or as fast as it goes',
  ),
  bootId: optional(z.uuid(), 'UUID', "a recording's boot id; its content's hash without one"),
  proc: withDefault(flagSchemas.text, 'FOLDER', '/proc', "the host's proc file system"),
  mode: withDefault(
    agentMode as z.ZodType<AgentMode, string>,
    'detect|raise|full',
    'full',
    'what may be written to processes and cgroups: nothing; oom_score_adj, upward and back; all that policies say',
  ),
  scoreWritesPerSecond: withDefault(
    flagSchemas.countUpTo(10_000),
    'N',
    '200',
    'how many scores are written in a second at most; what is due beyond waits',
  ),
  cgroupRoot: withDefault(
    flagSchemas.text,
    'FOLDER',
    '/sys/fs/cgroup',
    "the host's cgroup tree; its memory hierarchy on cgroup v1 is found below it",
  ),
  nodeCgroup: optional(
    flagSchemas.text.regex(/^(?:\/[^/]+)+$/, 'a path from the root of the hierarchy, as /docker/node-a'),
    'PATH',
    "this node's own cgroup as the kernel's log names it, where nodes share a kernel (kind, k3d); without it, by what the node shows of itself",
  ),
  listen: withDefault(
    flagSchemas.listen,
    'HOST:PORT',
    '127.0.0.1:9464',
    'where /healthz, /readyz and /metrics are served',
  ),
  logLevel: withDefault<LogLevel>(flagSchemas.logLevel, 'LEVEL', 'info', 'trace, debug, info, warn, error or fatal'),
}
