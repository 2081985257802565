import { EXIT, isProgramError, printable } from '#program/errors.ts'
import { argumentOnly, optional, type FlagValues } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import type { Watching } from '../adapters/watching.ts'
import { formatYaml } from '../analysis/yaml.ts'
import { escapeHidden } from '../escapeHidden.ts'
import { countSchema } from '../rankFlags.ts'
import { clusterFlags, namespaceFlags, nodeSchema, operatorFlags, outputFlag } from './flags.ts'
import { noticeHead, noticeLine, type Notice } from './notice.ts'
import type { ReportPorts } from './ports.ts'
import { resolveNamespace } from './scope.ts'

export const tailFlags = {
  ...namespaceFlags,
  node: argumentOnly(optional(nodeSchema, 'NODE', 'only kills on this node')),
  count: argumentOnly(optional(countSchema, 'N', 'end after so many kills; without it, on Ctrl-C')),
  output: outputFlag(['table', 'wide', 'json', 'yaml', 'name'], 'for people, with all columns, or for programs'),
  ...operatorFlags,
  ...clusterFlags,
}

export const tailAbout: About = {
  summary:
    'Shows kills as they happen, until it is interrupted: of the pods of a namespace, or with -A all there are, those outside of pods too. A connection that is lost is made anew, and goes on where it was. Needs the right to forward a port to the operator.',
  examples: ['kubectl oom tail -A', 'kubectl oom tail -n shop -o json', 'kubectl oom tail -A --node node-a --count 1'],
}

type TailFlags = FlagValues<typeof tailFlags>

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 15_000

/** @returns the exit code. @throws ProgramError, where the operator could not be reached at all. */
export async function tail(flags: TailFlags, ports: ReportPorts): Promise<number> {
  const namespace = await resolveNamespace(flags, ports)
  await ports.untilInterrupted((watching) => follow(flags, namespace, watching, ports))
  return EXIT.ok
}

async function follow(
  { node, count = Number.POSITIVE_INFINITY, output }: TailFlags,
  namespace: string | undefined,
  { signal, sleep }: Watching,
  ports: ReportPorts,
): Promise<void> {
  // Loaded only when asked for: it needs zod.
  const { readNotice } = await import('./readNotice.ts')
  let after: number | undefined
  let told = 0
  let isOpen = false
  let waitMs = FIRST_WAIT_MS
  const show = (notice: Notice): void => {
    if (told++ === 0 && (output === 'table' || output === 'wide')) ports.write(`${noticeHead(output === 'wide')}\n`)
    ports.write(formatNotice(notice, output, ports.columns))
  }
  while (!signal.aborted) {
    try {
      for await (const line of ports.operator.followKills({ node, namespace, after }, signal)) {
        if (!isOpen)
          ports.warn(`Following kills in ${namespace === undefined ? 'all namespaces' : `namespace ${namespace}`}.`)
        isOpen = true
        waitMs = FIRST_WAIT_MS
        const notice = readNotice(line)
        if (notice === undefined) continue
        after = notice.streamSequence
        show(notice)
        if (told >= count) return
      }
    } catch (error) {
      if (signal.aborted) return
      if (!isOpen || !isProgramError(error) || !error.retry) throw error
      ports.warn(`${error.message}; trying again`)
    }
    if (!(await sleep(waitMs))) return
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
  }
}

function formatNotice(notice: Notice, output: TailFlags['output'], room: number | undefined): string {
  switch (output) {
    case 'json':
      return `${escapeHidden(JSON.stringify(notice))}\n`
    case 'yaml':
      return `---\n${escapeHidden(formatYaml(notice))}`
    case 'name':
      return `${printable(`${notice.namespace ?? ''}/${notice.podName ?? notice.node}`)}\n`
    default:
      return `${noticeLine(notice, output === 'wide', room)}\n`
  }
}
