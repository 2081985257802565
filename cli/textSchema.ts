import type { FlagSchema } from '#program/flags.ts'

/** Like a zod schema, without zod: it would take longer to load than all else that a light command does. */
export function textSchema<T>(read: (text: string) => T | undefined, message: string): FlagSchema<T> {
  return {
    safeParse(text) {
      const data = read(text)
      return data === undefined ? { success: false, error: { issues: [{ message }] } } : { success: true, data }
    },
  }
}
