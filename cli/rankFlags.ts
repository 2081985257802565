import { optional, withDefault, type FlagSchema } from '#program/flags.ts'

/** Like a zod schema, without zod: it would take longer to load than all else that `oomkeeper rank` does. */
function textSchema<T>(read: (text: string) => T | undefined, message: string): FlagSchema<T> {
  return {
    safeParse(text) {
      const data = read(text)
      return data === undefined ? { success: false, error: { issues: [{ message }] } } : { success: true, data }
    },
  }
}

const MAX_TOP = 10_000

export type RankOutput = 'table' | 'json'

const path = textSchema((text) => (text === '' ? undefined : text), 'it must not be empty')
const count = textSchema(
  (text) => (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_TOP ? Number(text) : undefined),
  `it must be a number from 1 to ${MAX_TOP}`,
)
const output = textSchema<RankOutput>(
  (text) => (text === 'table' || text === 'json' ? text : undefined),
  'it must be table or json',
)

export const rankFlags = {
  top: withDefault(count, 'N', '10', 'how many to show'),
  output: withDefault(output, 'table|json', 'table', 'for people or for programs'),
  proc: optional(path, 'FOLDER', 'the proc file system; without it, /proc'),
}
