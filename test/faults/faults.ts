import type { FaultWorld } from './faultWorld.ts'
import { floodRing } from './floodRing.ts'
import type { FaultKind } from './plan.ts'

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
      floodRing(witness)
      goOn()
    }
  },
  async operatorKilled({ operator }) {
    await operator.kill()
    return () => operator.start()
  },
}
