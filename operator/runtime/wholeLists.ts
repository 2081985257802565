import { killSubject } from '#contract/subjects.ts'
import { wholeList, type ResolveContext } from './resolveTarget.ts'
import { readKill, type StoredMessage } from './readKill.ts'
import type { PastKills } from './pastKills.ts'

/** The newest: a message with the kernel's lines has 350 KB at most, 9 KB as a rule. */
export const MAX_READ = 200

/**
 * Reads again from the stream who was in line, of kills whose reports name nobody of other namespaces: the operator that
 * counted them knew it, and has ended since. What the stream holds no more stays as the report has it.
 * @throws ProgramError with retry
 */
export async function readWholeLists(
  kills: PastKills,
  findKill: (subject: string) => Promise<StoredMessage | undefined>,
  context: Pick<ResolveContext, 'findPod'>,
): Promise<void> {
  for (const [key, { node, bootId, sequence }] of kills.inPart().slice(0, MAX_READ)) {
    const message = await findKill(killSubject(node, bootId, sequence))
    const read = message && readKill(message)
    const list = read?.ok === true ? wholeList(read.event, context) : undefined
    if (list !== undefined) kills.complement(key, list)
  }
}
