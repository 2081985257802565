const S = 1000
const MIN = 60 * S
const HOUR = 60 * MIN
const DAY = 24 * HOUR
const YEAR = 365 * DAY

/** How long ago, as kubectl writes it: two units at most. Source: apimachinery, pkg/util/duration/duration.go, HumanDuration. */
export function formatAge(time: string | undefined, nowMs: number): string | undefined {
  const at = time === undefined ? Number.NaN : Date.parse(time)
  if (Number.isNaN(at)) return undefined
  const ms = Math.max(0, nowMs - at)
  if (ms < 2 * MIN) return `${Math.floor(ms / S)}s`
  if (ms < 10 * MIN) return two(ms, MIN, 'm', S, 's')
  if (ms < 3 * HOUR) return `${Math.floor(ms / MIN)}m`
  if (ms < 8 * HOUR) return two(ms, HOUR, 'h', MIN, 'm')
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`
  if (ms < 8 * DAY) return two(ms, DAY, 'd', HOUR, 'h')
  if (ms < 2 * YEAR) return `${Math.floor(ms / DAY)}d`
  if (ms < 8 * YEAR) return two(ms, YEAR, 'y', DAY, 'd')
  return `${Math.floor(ms / YEAR)}y`
}

function two(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small)
  return `${Math.floor(ms / large)}${largeName}${rest === 0 ? '' : `${rest}${smallName}`}`
}
