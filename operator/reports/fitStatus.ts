/** The object stays within 64 KiB; 6 KiB of them are for metadata, managedFields and spec. */
export const MAX_STATUS_BYTES = 58 * 1024

/** What a kill can do without, the first to go first. */
const DROPPED = ['candidates', 'verdict', 'prediction', 'memory', 'trigger'] as const
type Detail = (typeof DROPPED)[number]

interface Fittable {
  lastKills: { [D in Detail]?: string | undefined }[]
}

const encoder = new TextEncoder()

/** Drops the candidates of the oldest kills, then more of what only explains, then the oldest kills, until the status fits. Counts stay. */
export function fitStatus<S extends Fittable>(status: S): S {
  let bytes = jsonBytes(status)
  if (bytes <= MAX_STATUS_BYTES) return status
  const lastKills = [...status.lastKills]
  for (const detail of DROPPED) {
    for (let at = lastKills.length - 1; at >= 0 && bytes > MAX_STATUS_BYTES; at--) {
      const { [detail]: dropped, ...kill } = lastKills[at] ?? {}
      if (dropped === undefined) continue
      lastKills[at] = kill
      bytes -= jsonBytes({ [detail]: dropped }) - 1
    }
  }
  while (bytes > MAX_STATUS_BYTES && lastKills.length > 1) bytes -= jsonBytes(lastKills.pop()) + 1
  return { ...status, lastKills }
}

export function jsonBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length
}
