import type { LiveTask } from '../rank/liveTask.ts'

/** What is asked: that a process, or all that a name means, had another score. */
export interface ScoreChange {
  /** A pid, a command, a pod's UID, or a container's id or how it begins. */
  name: string
  oomScoreAdj: number
}

/** As runtimes abbreviate an id at least. */
const CONTAINER_ID = /^[0-9a-f]{8,64}$/

/** `nginx=500,4711=-900`. @returns undefined where the text is no such list */
export function parseScoreChanges(text: string): ScoreChange[] | undefined {
  const changes: ScoreChange[] = []
  for (const part of text.split(',')) {
    const [, name, digits] = /^(.+)=(-?\d{1,4})$/.exec(part) ?? []
    const oomScoreAdj = Number(digits)
    if (name === undefined || !(oomScoreAdj >= -1000 && oomScoreAdj <= 1000)) return undefined
    changes.push({ name, oomScoreAdj })
  }
  return changes
}

export interface ChangedTasks {
  tasks: LiveTask[]
  /** Who is meant by each change, by pid. */
  meant: ReadonlyMap<ScoreChange, readonly number[]>
}

/** The tasks with these scores in place of their own. Of several that mean a process, the last counts. */
export function applyChanges(tasks: readonly LiveTask[], changes: readonly ScoreChange[]): ChangedTasks {
  const meant = new Map(changes.map((change) => [change, [] as number[]]))
  const changed = tasks.map((task) => {
    let { oomScoreAdj } = task
    for (const change of changes) {
      if (!isMeant(task, change.name)) continue
      meant.get(change)?.push(task.pid)
      oomScoreAdj = change.oomScoreAdj
    }
    return { ...task, oomScoreAdj }
  })
  return { tasks: changed, meant }
}

function isMeant({ pid, command, podUid, containerId }: LiveTask, name: string): boolean {
  if (name === String(pid) || name === command || name === podUid) return true
  return CONTAINER_ID.test(name) && containerId?.startsWith(name) === true
}
