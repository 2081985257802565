import type { NodeStatus } from '#contract/nodeStatus.ts'

/** What a node said last, short of when. */
export type NodeWord = Pick<NodeStatus, 'rules' | 'reasons' | 'containers' | 'desiredRevision' | 'restoring'>

/**
 * The nodes that have not given back yet what a policy had set there, by their tokens.
 * @param needed for each node the revision of the first desired state without it
 */
export function nodesBehind(needed: ReadonlyMap<string, number>, said: ReadonlyMap<string, NodeWord>): string[] {
  return [...needed]
    .filter(([token, revision]) => {
      const word = said.get(token)
      return word === undefined || (word.desiredRevision ?? 0) < revision || (word.restoring ?? 0) > 0
    })
    .map(([token]) => token)
    .sort()
}
