import type { Chapter } from './chapter.ts'
import { costs } from './costs.ts'
import { drained } from './drain.ts'
import { nats } from './nats.ts'
import { operators } from './operators.ts'
import { rebooted } from './reboot.ts'
import { scopes } from './scopes.ts'
import { switchedOff } from './switchedOff.ts'
import { uninstalled } from './uninstall.ts'
import { upgraded } from './upgrade.ts'

/** All there is, in its order. */
export const CHAPTERS: readonly Chapter[] = [
  scopes,
  upgraded,
  operators,
  nats,
  drained,
  rebooted,
  switchedOff,
  costs,
  uninstalled,
]

/**
 * Those to run.
 * @param names with blanks or commas between; empty: all of the form
 * @throws Error for a name that is none
 */
export function chooseChapters(names: string, isShort: boolean): readonly Chapter[] {
  const wanted = names.split(/[\s,]+/).filter((name) => name !== '')
  const stranger = wanted.find((name) => !CHAPTERS.some((chapter) => chapter.name === name))
  if (stranger !== undefined)
    throw new Error(
      `E2E_CHAPTERS: expected ${CHAPTERS.map(({ name }) => name).join(', ')}, got ${JSON.stringify(stranger)}`,
    )
  if (wanted.length > 0) return CHAPTERS.filter(({ name }) => wanted.includes(name))
  return CHAPTERS.filter((chapter) => !isShort || chapter.isShort)
}
