/** The object stays within 64 KiB; 6 KiB of them are for metadata, managedFields and spec. */
export const MAX_STATUS_BYTES = 58 * 1024

interface Fittable {
  lastKills: { candidates?: string | undefined }[]
}

const encoder = new TextEncoder()

/** Drops the candidates of the oldest kills, and then the oldest kills, until the status fits. Counts stay. */
export function fitStatus<S extends Fittable>(status: S): S {
  let fitted: S = status
  let bytes = jsonBytes(fitted)
  for (let index = fitted.lastKills.length - 1; index >= 0 && bytes > MAX_STATUS_BYTES; index--) {
    if (fitted.lastKills[index]?.candidates === undefined) continue
    fitted = {
      ...fitted,
      lastKills: fitted.lastKills.map(({ candidates, ...kill }, at) =>
        at === index || candidates === undefined ? kill : { ...kill, candidates },
      ),
    }
    bytes = jsonBytes(fitted)
  }
  while (bytes > MAX_STATUS_BYTES && fitted.lastKills.length > 1) {
    fitted = { ...fitted, lastKills: fitted.lastKills.slice(0, -1) }
    bytes = jsonBytes(fitted)
  }
  return fitted
}

export function jsonBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length
}
