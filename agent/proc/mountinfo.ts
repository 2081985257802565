/**
 * The `hidepid` of a proc file system in /proc/PID/mountinfo: whose processes it shows to a user without rights over them.
 * Sources: proc(5), "Mount options"; proc_pid_mountinfo(5): the mount point is field 5, the options of the file system the
 * last.
 * @returns undefined where it hides nobody, and where no proc file system is mounted there
 */
export function parseHidepid(mountinfo: string, mountPoint: string): string | undefined {
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    if (!after.startsWith('proc ') || before.split(' ')[4] !== mountPoint) continue
    const value = /(?:^|,)hidepid=(\w+)/.exec(after.split(' ')[2] ?? '')?.[1]
    return value === '0' || value === 'off' ? undefined : value
  }
  return undefined
}
