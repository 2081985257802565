import type { Story } from '../demo/story.ts'
import type { Chapter } from './chapter.ts'
import { startWorld, type E2eWorld } from './e2eWorld.ts'
import { victimsOf, type Tally } from './killTally.ts'

/** The scopes as the last line calls them; those that are none of these have no part in any chapter. */
const SCOPES = {
  container: 'ContainerLimit',
  pod: 'PodLimit',
  kubepods: 'Kubepods',
  node: 'Node',
  host: 'HostCgroup',
} as const

/** One after the other on the same two nodes, and all kills counted at the end. @returns figures for the last line */
export async function runChapters(story: Story, chapters: readonly Chapter[]): Promise<string> {
  const world = await startWorld(story)
  try {
    for (const chapter of chapters) {
      story.step(chapter.title)
      const startedMs = performance.now()
      await chapter.run(world)
      story.progress(`${chapter.name}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
    }
    story.step('What is there at the end')
    const all = 'get oomreports,noomr,oomp -A -o wide'
    story.show(`kubectl ${all}`, await world.cluster.kubectl(all.split(' ')))
    return await countAll(world)
  } finally {
    story.progress('cleaning up …')
    await world.dispose()
  }
}

async function countAll({ story, nodes, tally, evidence }: E2eWorld): Promise<string> {
  const told = await tally.untilTold(evidence)
  const grown = Object.entries(told.grown).map(([node, kills]) => `${kills} on ${node}`)
  story.say(
    `   oom_kill has grown by ${grown.join(' and ')}; ${told.repeats} of these are victims that were counted twice`,
  )
  return formatTally(nodes.length, told)
}

export function formatTally(nodes: number, tally: Tally): string {
  const victims = victimsOf(tally)
  const scopes = Object.entries(SCOPES).map(([name, scope]) => `${name} ${tally.byScope.get(scope) ?? 0}`)
  return `nodes ${nodes}, ${scopes.join(', ')}, counter ${victims}, reports ${tally.reported}, lost ${victims - tally.reported}`
}
