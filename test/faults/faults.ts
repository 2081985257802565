import { execFileSync } from 'node:child_process'
import type { FaultWorld } from './faultWorld.ts'
import { floodRing } from '../support/floodRing.ts'
import type { FaultKind } from './plan.ts'

/** Longer than the agent's dedupe window and the age at which it gives kills up. */
const STEP_MS = 30 * 3_600_000

function stepClock(byMs: number): void {
  execFileSync('date', ['-s', `@${Math.round((Date.now() + byMs) / 1000)}`], { stdio: 'ignore' })
}

/** Breaks something. @returns how it works again. */
export type Fault = (world: FaultWorld) => Promise<() => Promise<void> | void>

export const FAULTS: Readonly<Record<FaultKind, Fault>> = {
  async agentKilled({ agent }) {
    await agent.kill()
    return () => agent.start()
  },
  async natsStopped({ servers: { nats } }) {
    await nats.process.stop()
    return () => nats.process.start()
  },
  async natsKilled({ servers: { nats } }) {
    await nats.process.kill()
    return () => nats.process.start()
  },
  async diskFull({ disk }) {
    disk.fill()
    return () => disk.free()
  },
  /** What the kernel prints meanwhile is overwritten before the agent can read it. */
  async ringOverrun({ agent, witness }) {
    const goOn = agent.stall()
    return () => {
      floodRing(witness.next, () => witness.look())
      goOn()
    }
  },
  async operatorKilled({ servers: { operator } }) {
    await operator?.kill()
    return () => operator?.start()
  },
  /** The machine's own wall clock: only where it is nobody else's. */
  async clockStepped() {
    stepClock(STEP_MS)
    return () => stepClock(-STEP_MS)
  },
}
