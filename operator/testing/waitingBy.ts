import type { Waiting } from '../runtime/keepTrying.ts'
import type { FakeClock } from './fakeClock.ts'

/** Waits by a clock, for the shortest time that there is, until nobody says so; troubles are nobody's. */
export function waitingBy(clock: Pick<FakeClock, 'nowMs' | 'sleep'>, changes: Partial<Waiting> = {}): Waiting {
  return {
    observer: { trouble: () => {}, fine: () => {} },
    sleep: clock.sleep,
    random: () => 0,
    monotonicMs: () => clock.nowMs,
    signal: new AbortController().signal,
    ...changes,
  }
}
