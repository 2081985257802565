/**
 * The name of a container in its pod, by the mounts that its own processes see: the kubelet gives each container a
 * file `<root>/pods/<uid>/containers/<name>/<restart>` for its termination message, whatever the runtime. A sandbox has
 * none, and neither has a process whose mounts are not made yet.
 * Source: kubernetes pkg/kubelet/kubelet_getters.go, getPodContainerDir; proc_pid_mountinfo(5), field 4.
 * @param mountinfo the text of /proc/PID/mountinfo. A container may forge a mount, of its own pod's names only.
 */
export function parseContainerName(mountinfo: string, podUid: string): string | undefined {
  const place = `/pods/${podUid}/containers/`
  for (const line of mountinfo.split('\n')) {
    const root = line.split(' ', 4)[3]
    const start = root?.lastIndexOf(place) ?? -1
    if (root === undefined || start < 0) continue
    const name = NAME_AND_RESTART.exec(root.slice(start + place.length))?.[1]
    if (name !== undefined) return name
  }
  return undefined
}

/** A container's name is a DNS label. The file may be gone again. */
const NAME_AND_RESTART = /^([a-z0-9-]{1,63})\/[0-9a-f]+(?:\/\/deleted)?$/
