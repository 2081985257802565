import type { EventDraft } from './eventDraft.ts'
import { nodeReference } from './nodeReference.ts'

/** Says of a node that it sends more kills than the others leave room for. @param atMs When it was found: each is one of its own. */
export function draftFlood(node: string, atMs: number): EventDraft {
  return {
    regarding: nodeReference(node),
    reason: 'OOMNodeFloods',
    subject: 'flood',
    kill: `${node}/flood/${atMs}`,
    note: 'this node sends more kills than its share of the stream of kills: those beyond it are not counted; look at its agent, and at who may speak for it',
  }
}
