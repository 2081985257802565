/** Processes that hold memory, with a score of their own each, and one that grows until the limit is hit. */
export function crowdScript(limitMib: number, random: () => number): string {
  const between = (low: number, high: number) => Math.floor(low + random() * (high - low))
  const holders = Array.from({ length: 3 }, () => holder(between(limitMib * 0.05, limitMib * 0.25), between(0, 200)))
  return [...holders, 'sleep 0.5', grower(between(8, 40)), 'wait'].join('\n')
}

/** `tail` keeps all that it was given until there is no more to come. */
function holder(mib: number, oomScoreAdj: number): string {
  return `{ head -c ${mib}M /dev/zero; exec sleep 60; } | { echo ${oomScoreAdj} > /proc/self/oom_score_adj; exec tail -c ${mib}M; } &`
}

function grower(mibPerSecond: number): string {
  const kib = Math.round((mibPerSecond * 1024) / 20)
  return `while head -c ${kib}K /dev/zero; do sleep 0.05; done | tail -c 1G &`
}
