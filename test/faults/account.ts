/** What a campaign has found, each number counted by somebody else. */
export interface Account {
  /** How much `oom_kill` of /proc/vmstat has grown. */
  counter: number
  /** Kill lines that the kernel printed, as a second reader of /dev/kmsg saw them. */
  printed: readonly PrintedKill[]
  /** The kills that the campaign has made. */
  made: readonly MadeKill[]
  /** What the agent's status says of the same time. */
  agent: AgentAccount
  /** The kill lines in the stream, in the order in which they were stored. */
  stream: readonly StoredKill[]
  /** The kills in the stream whose lines were lost: the containers that told them by their own counts. */
  recovered: readonly (string | undefined)[]
  /** How many kills all reports of the apiserver count; undefined where nobody makes any. */
  reports: number | undefined
  /** Kill lines between these sequences were overwritten while the agent was kept from reading. */
  overruns: readonly SequenceRange[]
}

export interface AgentAccount {
  kernelKills: number
  killLines: number
  killsLost: number
  killsRecovered: number
  killsDropped: number
  killsUnseen: number
}

export interface PrintedKill {
  sequence: number
  pid: number
}

export interface SequenceRange {
  from: number
  /** Not among them any more. */
  to: number
}

/** Its line is among those that were printed from one sequence to the other. */
export interface MadeKill extends SequenceRange {
  pid: number
  /** The cgroup's, as the kernel calls it. */
  containerId: string
}

export interface StoredKill {
  sequence: number
  pid: number | undefined
  /** The sequence of the line that told this victim before. */
  repeats: number | undefined
  /** Whether the event says where the victim was. */
  isPlaced: boolean
  containerId: string | undefined
}

/** The one line of figures. */
export function formatAccount({ counter, agent, stream, recovered, reports }: Account): string {
  const victims = countVictims(stream) + recovered.length
  const lines = `counter ${counter} = lines ${agent.killLines} + lost ${agent.killsLost}`
  return `${lines}, recovered ${recovered.length}, stream ${stream.length + recovered.length}, victims ${victims}${reports === undefined ? '' : `, reports ${reports}`}`
}

/** What does not hold, worst first; nothing when every kill is accounted for. */
export function checkAccount(account: Account): string[] {
  const { counter, printed, made, agent, stream, recovered, reports, overruns } = account
  const lines = new Map(printed.map(({ sequence, pid }) => [sequence, pid]))
  const stored = new Set(stream.map(({ sequence }) => sequence))
  const victims = countVictims(stream) + recovered.length
  const lost = printed.filter(({ sequence }) => !stored.has(sequence))
  const unexplained = lost.filter(({ sequence }) => !overruns.some((range) => isWithin(sequence, range)))
  const { found, missing } = findMade(made, printed)
  return [
    ...differ('kill lines of the kernel', printed.length, 'its counter', counter),
    ...missing.map(({ pid }) => `no kill line tells pid ${pid}`),
    ...stream
      .filter(({ sequence }) => !lines.has(sequence))
      .map(({ sequence }) => `${sequence} is stored, not printed`),
    ...differ('stored sequences', stored.size, 'stored kills', stream.length),
    ...unexplained.map(({ sequence }) => `${sequence} is lost, and was not overwritten`),
    ...differ("the agent's kernel kills", agent.kernelKills, 'the counter', counter),
    ...differ("the agent's kill lines", agent.killLines, 'stored kills', stream.length),
    ...differ("the agent's lost kills", agent.killsLost, 'printed lines that are not stored', lost.length),
    ...differ("the agent's recovered kills", agent.killsRecovered, 'recovered kills in the stream', recovered.length),
    ...checkRecovered(recovered, lost, found),
    ...differ("the agent's unseen kills", agent.killsUnseen, 'what is expected', 0),
    ...differ("the agent's dropped kills", agent.killsDropped, 'what is expected', 0),
    ...(isAscending(stream) ? [] : ['the order in which kills are stored is not that of their lines']),
    ...stream.flatMap((kill) => checkStored(kill, lines.get(kill.sequence), found.get(kill.sequence))),
    ...differ('kills in reports', reports ?? victims, 'victims in the stream', victims),
  ]
}

/** Without two lines about one victim. */
export function countVictims(stream: readonly Pick<StoredKill, 'repeats'>[]): number {
  return stream.filter(({ repeats }) => repeats === undefined).length
}

/** No container tells more kills than lines of its own were lost; kills of others are nobody's to judge. */
function checkRecovered(
  recovered: Account['recovered'],
  lost: readonly PrintedKill[],
  found: ReadonlyMap<number, MadeKill>,
): string[] {
  const lostIn = Map.groupBy(lost, ({ sequence }) => found.get(sequence)?.containerId)
  const own = new Set([...found.values()].map(({ containerId }) => containerId))
  return [...Map.groupBy(recovered, (containerId) => containerId)].flatMap(([containerId, kills]) => {
    const most = lostIn.get(containerId)?.length ?? 0
    if (containerId === undefined || !own.has(containerId) || kills.length <= most) return []
    return [`${kills.length} kills were recovered in ${containerId}, ${most} were lost there`]
  })
}

function checkStored(kill: StoredKill, printedPid: number | undefined, made: MadeKill | undefined): string[] {
  const { sequence, pid, isPlaced, containerId } = kill
  if (printedPid !== undefined && pid !== printedPid) return [`${sequence} has pid ${pid}, its line ${printedPid}`]
  if (made === undefined || !isPlaced || containerId === made.containerId) return []
  return [`${sequence} is said to be of ${containerId ?? 'no container'}, it was of ${made.containerId}`]
}

/** The made kills by the sequence of their lines. A pid may come again: the line is one of its time. */
function findMade(made: readonly MadeKill[], printed: readonly PrintedKill[]) {
  const byPid = Map.groupBy(printed, ({ pid }) => pid)
  const found = new Map<number, MadeKill>()
  const missing: MadeKill[] = []
  for (const kill of made) {
    // The first victim of a group may have two.
    const lines = (byPid.get(kill.pid) ?? []).filter(({ sequence }) => isWithin(sequence, kill))
    if (lines.length === 0) missing.push(kill)
    for (const { sequence } of lines) found.set(sequence, kill)
  }
  return { found, missing }
}

function isWithin(sequence: number, { from, to }: SequenceRange): boolean {
  return sequence >= from && sequence < to
}

function isAscending(stream: readonly StoredKill[]): boolean {
  return stream.every(({ sequence }, at) => at === 0 || sequence > (stream[at - 1]?.sequence ?? 0))
}

function differ(what: string, count: number, other: string, otherCount: number): string[] {
  return count === otherCount ? [] : [`${what}: ${count}, ${other}: ${otherCount}`]
}
