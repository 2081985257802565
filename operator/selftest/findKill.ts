/** As much of an OOMReport as the apiserver gives and is looked at here. */
export interface RawReport {
  metadata: { name: string }
  status?: {
    lastKills?: readonly {
      podUid?: string
      victimCommand?: string
      scope?: string
      node?: string
      time?: string
      seenAt?: string
      source?: string
    }[]
  }
}

export interface FoundKill {
  report: string
  victim: string | undefined
  scope: string | undefined
  node: string | undefined
  /** From the kernel's own time of the kill to when the operator counted it; two clocks. */
  countedAfterMs: number | undefined
}

/** The newest kill of a pod in the reports of its namespace. */
export function findKill(reports: readonly RawReport[], podUid: string): FoundKill | undefined {
  for (const { metadata, status } of reports) {
    const kill = status?.lastKills?.find((one) => one.podUid === podUid)
    if (kill === undefined) continue
    const countedAfterMs = Date.parse(kill.seenAt ?? '') - Date.parse(kill.time ?? '')
    return {
      report: metadata.name,
      victim: kill.victimCommand,
      scope: kill.scope,
      node: kill.node,
      countedAfterMs: Number.isNaN(countedAfterMs) ? undefined : countedAfterMs,
    }
  }
  return undefined
}
