import { CGROUP_KILLS } from './cgroupKills.ts'
import { GLOBAL_KILLS } from './globalKills.ts'
import { SHELL, type Kill } from './kill.ts'

/** What each shows is told in test/fixtures/kmsg/README.md. */
export const KILLS = [...CGROUP_KILLS, ...GLOBAL_KILLS].map((kill): Kill => ({ ...kill, script: SHELL + kill.script }))
