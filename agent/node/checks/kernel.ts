import { parseKernelVersion } from '#kernel/kernelVersion.ts'
import { KERNEL_FEATURES, resolveFeatures } from '../kernelFeatures.ts'
import { notThere, type SettingCheck } from './check.ts'

export const cgroupVersion: SettingCheck = {
  name: 'cgroup version',
  sound: 'v2, with the memory controller',
  source: 'Documentation/admin-guide/cgroup-v2.rst; Kubernetes KEP-5573 (kubelet failCgroupV1, true since 1.35)',
  judge({ cgroups: { memoryVersion, isHybrid } }) {
    const figures = { memoryVersion, isHybrid }
    if (memoryVersion === undefined) {
      return notThere(
        'No tree below /sys/fs/cgroup has the memory controller: containers have no limit, and the kubelet does not start.',
        'critical',
      )
    }
    const value = `v${memoryVersion}${isHybrid ? ' (hybrid)' : ''}`
    if (memoryVersion === 2) {
      const text = 'A container can die as a whole (memory.oom.group), and its kills are counted in memory.events.'
      return { value, severity: 'ok', text, figures }
    }
    const text =
      'The kubelet refuses it since 1.35, unless failCgroupV1: false. No memory.oom.group: of a container one process dies, which Kubernetes does not show.'
    return { value, severity: 'warning', text, figures }
  },
}

/** Of the time, in full avg10: more is a node that stands still by turns. */
const STALLED_PERCENT = 10

export const pressure: SettingCheck = {
  name: 'PSI (memory)',
  sound: `there, and full avg10 below ${STALLED_PERCENT} %`,
  source: 'Documentation/accounting/psi.rst; kernel/sched/psi.c',
  judge({ pressure: psi }) {
    if (psi === undefined) {
      return notThere(
        'Off (psi=1 on the kernel’s command line) or before 4.20: how long tasks wait for memory is measured by nobody, the kubelet included.',
      )
    }
    const { some, full } = psi
    const about = {
      value: `some ${some.avg10} %, full ${full.avg10} %`,
      figures: { someAvg10: some.avg10, fullAvg10: full.avg10, someTotalUsec: some.totalUsec },
    }
    if (full.avg10 < STALLED_PERCENT) {
      return {
        ...about,
        severity: 'ok',
        text: 'How much of the last 10 s some task waited for memory, and how much all did at once.',
      }
    }
    const text = 'All tasks waited for memory at once, for so much of the last 10 s: the node is thrashing now.'
    return { ...about, severity: 'warning', text }
  },
}

/** What the agent is made for. */
const OLDEST = 'oom-kill: line'

export const kernelSupport: SettingCheck = {
  name: 'kernel support',
  sound: '5.0 or newer, and on cgroup v2 5.19',
  source: 'the kernel’s history of mm/oom_kill.c and mm/memcontrol.c; by version: a distribution may have it earlier',
  judge({ kernelRelease, cgroups, hasOomScoreAdj }) {
    const features = resolveFeatures(kernelRelease, cgroups)
    if (kernelRelease === undefined || features === undefined) return notThere('Which kernel this is cannot be told.')
    const about = { value: kernelRelease, figures: { ...features, oom_score_adj: hasOomScoreAdj } }
    if (!hasOomScoreAdj) {
      const text = 'Without /proc/PID/oom_score_adj nobody can say who goes first, the kubelet included.'
      return { ...about, severity: 'critical', text }
    }
    const version = parseKernelVersion(kernelRelease) ?? 0
    const missing = KERNEL_FEATURES.filter(({ since }) => version < since)
    if (missing.length === 0) {
      const has = KERNEL_FEATURES.filter(({ name }) => features[name] === true).map(({ name }) => name)
      const needV2 = KERNEL_FEATURES.filter(({ name }) => features[name] === false).map(({ name }) => name)
      const text = `It has ${listed(has)}${needV2.length === 0 ? '' : `; ${listed(needV2)} need cgroup v2`}.`
      return { ...about, severity: 'ok', text }
    }
    const severity = features[OLDEST] === true ? 'note' : 'warning'
    const text = `By its version it is without ${missing.map(({ name, without }) => `${name}: ${without}`).join('; without ')}.`
    return { ...about, severity, text }
  },
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

export const kernelLog: SettingCheck = {
  name: 'kernel log',
  sound: '/dev/kmsg can be read',
  source: 'kernel/printk/printk.c, devkmsg_open and check_syslog_permissions',
  judge({ kernelLog: access, sysctls: { dmesgRestrict } }) {
    const figures = { dmesgRestrict }
    switch (access) {
      case 'there':
        return { value: '/dev/kmsg', severity: 'ok', text: 'The kernel’s own words on each kill can be read.', figures }
      case 'forbidden': {
        const text = `You may not read /dev/kmsg${dmesgRestrict === 1 ? ' (kernel.dmesg_restrict=1)' : ''}: that takes root or CAP_SYSLOG, and in a container its device too. The agent has to run with them.`
        return { value: 'no permission', severity: 'note', text, figures }
      }
      case 'missing':
        return notThere(
          'Without /dev/kmsg nobody learns of a kill but from counters: the agent cannot run here.',
          'warning',
        )
    }
  },
}
