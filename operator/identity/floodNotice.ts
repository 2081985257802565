import * as z from 'zod'

/** In the account of the operators, which nothing of a node comes into: the one that counts kills tells those that answer logins. */
export const FLOOD_SUBJECT = 'oom.v1.flood'
export const MAX_KEEP_OUT_SECONDS = 3_600

const notice = z.object({
  node: z.string().min(1).max(253),
  /** How long it is not let in. */
  seconds: z.int().positive().max(MAX_KEEP_OUT_SECONDS),
})
/** A node floods the stream of kills. */
export type FloodNotice = z.infer<typeof notice>

/** @returns undefined where it is none. */
export function parseFloodNotice(data: Uint8Array): FloodNotice | undefined {
  try {
    return notice.parse(JSON.parse(Buffer.from(data).toString('utf8')))
  } catch {
    return undefined
  }
}
