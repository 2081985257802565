import { setTimeout as sleep } from 'node:timers/promises'
import type { KillEvent } from '../../contract/killEvent.ts'
import { nodeStatus, type Completeness } from '../../contract/nodeStatus.ts'
import { statusSubject } from '../../contract/subjects.ts'
import { errorMessage } from '../cluster/process/wait.ts'
import { readKernelKills } from '../support/kernelKills.ts'
import { countVictims, type StoredKill } from './account.ts'
import { NODE } from './faultServers.ts'
import type { FaultWorld } from './faultWorld.ts'

/** What everybody says at one moment. */
export interface Look {
  /** `oom_kill` of /proc/vmstat. */
  counter: number
  /** Kill lines from here on came later. */
  next: number
  status: Completeness
  /** Kills that wait in the agent. */
  pending: number
  stream: StoredKill[]
  /** Kills without a line, by their identity: the container that told each. */
  recovered: ReadonlyMap<string, string | undefined>
  /** Kills in reports; undefined where nobody makes any. */
  reports: number | undefined
}

const LOOK_EVERY_MS = 500

/**
 * Waits until nothing is on its way any more.
 * @returns what is said then, or what was said last, with why that is no rest
 */
export async function untilRest(world: FaultWorld, deadlineMs: number): Promise<{ look: Look; unrest?: string }> {
  const endMs = performance.now() + deadlineMs
  for (;;) {
    let look: Look | undefined
    let unrest: string | undefined
    try {
      look = await takeLook(world)
      unrest = look.counter === readKernelKills() ? whyNoRest(look) : 'kills come in'
    } catch (error) {
      unrest = errorMessage(error)
    }
    if (look !== undefined && unrest === undefined) return { look }
    if (performance.now() > endMs) {
      if (look === undefined) throw new Error(`expected an answer of everybody, got: ${unrest}`)
      return { look, unrest: unrest ?? 'unknown' }
    }
    await sleep(LOOK_EVERY_MS)
  }
}

function whyNoRest({ counter, status, pending, stream, recovered, reports }: Look): string | undefined {
  const victims = countVictims(stream) + recovered.size
  if (pending > 0) return `${pending} kills wait in the agent`
  if (status.kernelKills !== counter) return `the agent knows of ${status.kernelKills} kills, the kernel of ${counter}`
  const { killsBefore, killLines, killsLost, killsRecovered } = status
  if (killsRecovered !== recovered.size)
    return `the agent has recovered ${killsRecovered} kills, the stream has ${recovered.size} of them`
  const unknown = counter - killsBefore - killLines - killsLost
  if (unknown !== 0) return `the agent does not account for ${unknown} of ${counter} kills`
  return reports === undefined || reports === victims
    ? undefined
    : `reports count ${reports} kills, the stream has ${victims} victims`
}

async function takeLook(world: FaultWorld): Promise<Look> {
  const counter = readKernelKills()
  const message = await world.stream.jsm.streams.getMessage('OOM_STATUS', { last_by_subj: statusSubject(NODE) })
  const status = nodeStatus.parse(message.json()).completeness
  if (status === undefined) throw new Error('expected the node’s status to account for kills, it does not yet')
  const pending = await world.pending()
  const kills = (await world.stream.events()).filter(({ outcome }) => outcome === 'killed')
  const stream = kills.filter(({ recoveredAs }) => recoveredAs === undefined).map(storedKill)
  const recovered = new Map(
    kills.flatMap(({ recoveredAs, attribution }) =>
      recoveredAs === undefined ? [] : [[recoveredAs, attribution.containerId] as const],
    ),
  )
  return {
    counter,
    next: world.witness.next,
    status,
    pending,
    stream,
    recovered,
    reports: await world.servers.countReported?.(),
  }
}

function storedKill({ sequence, victim, repeats, attribution }: KillEvent): StoredKill {
  const { source, cgroupPath, containerId } = attribution
  // A lone line right after a group's is taken for one of the group's: nothing in it says where the group ends.
  const isPlaced = cgroupPath !== undefined && source !== 'group'
  return { sequence, pid: victim?.pid, repeats, isPlaced, containerId }
}
