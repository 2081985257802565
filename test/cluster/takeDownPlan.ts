import type { ProcessIdentity } from './process/identity.ts'

/** Whom to end: everyone in the cluster's cgroups and every recorded part that still lives; never this process or init. */
export function planProcessEnds(
  cgroupPids: readonly number[],
  livingParts: readonly ProcessIdentity[],
  self: number,
): number[] {
  const pids = new Set([...cgroupPids, ...livingParts.map(({ pid }) => pid)])
  return [...pids].filter((pid) => pid > 1 && pid !== self).toSorted((a, b) => a - b)
}

/** The mounts at or below a folder, the deepest first. From /proc/self/mountinfo, field 5, blanks and the like in octal. */
export function planUnmounts(mountinfo: string, folder: string): string[] {
  const points = mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .map((point) =>
      point.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
  return points.toReversed().toSorted((a, b) => b.split('/').length - a.split('/').length)
}
