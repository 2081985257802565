import type * as z from 'zod'

export type DecodedVersion<T> = { ok: true; value: T } | { ok: false; reason: string }

/**
 * Parses untrusted text that says its own version. The reason says what was expected and what came, in one line.
 * @param writer who wrote it, and `reader` who reads it: the one of a lower version is to be upgraded
 */
export function decodeVersioned<T>(
  schema: z.ZodType<T>,
  version: number,
  text: string,
  writer: string,
  reader: string,
): DecodedVersion<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, reason: `expected JSON, got ${text.length} characters that are not` }
  }
  const came = versionOf(value)
  if (came !== undefined && came !== version) {
    const older = came < version ? writer : reader
    return { ok: false, reason: `version: expected ${version}, got ${came}: ${older} is older, upgrade it` }
  }
  const result = schema.safeParse(value)
  if (result.success) return { ok: true, value: result.data }
  const issues = result.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`)
  return { ok: false, reason: issues.join('; ').slice(0, 1000) }
}

function versionOf(value: unknown): number | undefined {
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined
  return typeof version === 'number' ? version : undefined
}
