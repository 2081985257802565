import type { NodeStatus } from '#contract/nodeStatus.ts'

/** What a node said last, short of when. */
export type NodeWord = Pick<NodeStatus, 'mode' | 'rules' | 'reasons' | 'containers' | 'desiredRevision' | 'restoring'>

/** Whether the node takes nothing up that it is told: its agent only detects. */
export function takesNothingUp({ mode }: NodeWord): boolean {
  return mode === 'detect'
}

/**
 * The nodes that have not given back yet what a policy had set there, by their tokens.
 * @param needed for each node the revision of the first desired state without it
 */
export function nodesBehind(needed: ReadonlyMap<string, number>, said: ReadonlyMap<string, NodeWord>): string[] {
  return [...needed]
    .filter(([token, revision]) => {
      const word = said.get(token)
      if (word === undefined || (word.restoring ?? 0) > 0) return true
      return !takesNothingUp(word) && (word.desiredRevision ?? 0) < revision
    })
    .map(([token]) => token)
    .sort()
}
