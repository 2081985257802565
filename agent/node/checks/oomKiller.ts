import { notThere, type SettingCheck } from './check.ts'

const SYSCTL_DOC = 'Documentation/admin-guide/sysctl/vm.rst'
const KUBELET = 'kubelet, pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables'
const SETS_IT = 'when it starts; with protectKernelDefaults it refuses to start instead'

export const panicOnOom: SettingCheck = {
  name: 'vm.panic_on_oom',
  sound: '0',
  source: `mm/oom_kill.c, check_panic_on_oom; ${KUBELET}`,
  judge({ sysctls: { panicOnOom: value } }) {
    if (value === undefined) return notThere('Whether the kernel panics instead of killing cannot be told.')
    const about = { value: String(value), figures: { panicOnOom: value } }
    if (value === 0) return { ...about, severity: 'ok', text: 'One process is killed, and the node goes on.' }
    const when =
      value === 2
        ? 'Each OOM panics the node, that of one container’s own limit too'
        : 'When the node runs out of memory it panics; a container’s own limit still kills'
    return { ...about, severity: 'critical', text: `${when}: every pod on it dies. The kubelet sets 0 ${SETS_IT}.` }
  },
}

const REBOOT_SECONDS = 10

export const panicReboot: SettingCheck = {
  name: 'kernel.panic',
  sound: `${REBOOT_SECONDS}`,
  source: `kernel/panic.c, panic; ${KUBELET}`,
  judge({ sysctls: { panicSeconds: value } }) {
    if (value === undefined) return notThere('Whether the node comes back after a panic cannot be told.')
    const about = { value: `${value} s`, figures: { panicSeconds: value } }
    if (value === REBOOT_SECONDS) return { ...about, severity: 'ok', text: 'After a panic the node reboots.' }
    if (value === 0) {
      const text = `After a panic the node stands still for ever. The kubelet sets ${REBOOT_SECONDS} ${SETS_IT}.`
      return { ...about, value: '0 (never)', severity: 'warning', text }
    }
    const text = `After a panic the node reboots. The kubelet sets ${REBOOT_SECONDS} ${SETS_IT}.`
    return { ...about, severity: 'note', text }
  },
}

export const panicOnOops: SettingCheck = {
  name: 'kernel.panic_on_oops',
  sound: '1',
  source: `kernel/panic.c; ${KUBELET}`,
  judge({ sysctls: { panicOnOops: value } }) {
    if (value === undefined) return notThere('What follows a fault in the kernel cannot be told.')
    const about = { value: String(value), figures: { panicOnOops: value } }
    if (value !== 0) return { ...about, severity: 'ok', text: 'A fault in the kernel ends it, and the node reboots.' }
    return {
      ...about,
      severity: 'warning',
      text: `A fault in the kernel ends one task, with the locks it held: a later OOM victim may never end. The kubelet sets 1 ${SETS_IT}.`,
    }
  },
}

export const oomKillAllocatingTask: SettingCheck = {
  name: 'vm.oom_kill_allocating_task',
  sound: '0',
  source: `mm/oom_kill.c, out_of_memory; ${SYSCTL_DOC}`,
  judge({ sysctls: { oomKillAllocatingTask: value } }) {
    if (value === undefined) return notThere('Whether the kernel weighs its victims cannot be told.')
    const about = { value: String(value), figures: { oomKillAllocatingTask: value } }
    if (value === 0)
      return { ...about, severity: 'ok', text: 'The kernel weighs all, and takes who has the most points.' }
    return {
      ...about,
      severity: 'critical',
      text: 'When the node runs out, whoever asks dies, large or small: oom_score_adj, the order of the QoS classes and any OOMPolicy say nothing there, but for −1000.',
    }
  },
}

export const oomDumpTasks: SettingCheck = {
  name: 'vm.oom_dump_tasks',
  sound: '1',
  source: `mm/oom_kill.c, dump_header; ${SYSCTL_DOC}`,
  judge({ sysctls: { oomDumpTasks: value } }) {
    if (value === undefined) return notThere('Whether the kernel tells who else was in line is not known.')
    const about = { value: String(value), figures: { oomDumpTasks: value } }
    if (value !== 0) return { ...about, severity: 'ok', text: 'A kill comes with the table of all that were in line.' }
    return {
      ...about,
      severity: 'warning',
      text: 'A kill comes without the table of who else was in line: the agent ranks what it finds in /proc then, which is later.',
    }
  },
}
