import { afterAll, afterEach, beforeAll } from '@jest/globals'
import { applyCrds } from '../support/stack.ts'
import { OperatorWorld } from './operatorWorld.ts'

/**
 * A world with oomkeeper's kinds for the tests of the file that this is called in; operators that a test leaves are ended.
 * @param take is given the world before the first test
 */
export function useOperatorWorld(take: (world: OperatorWorld) => void): void {
  let world: OperatorWorld

  beforeAll(async () => {
    world = await OperatorWorld.start()
    await applyCrds(world.api.kubectl)
    take(world)
  }, 120_000)

  afterAll(async () => {
    await world.dispose()
  })

  afterEach(async () => {
    await world.endOperators()
  })
}

/** The same, where an operator has made the streams that kills are published to, and has ended. */
export function useOperatorWorldWithStreams(take: (world: OperatorWorld) => void): void {
  let world: OperatorWorld
  useOperatorWorld((started) => {
    world = started
    take(started)
  })

  beforeAll(async () => {
    await world.readyOperator()
    await world.endOperators()
  }, 120_000)
}
