import { formatKib, formatShare } from '#kernel/explain/quantity.ts'
import { notThere, type SettingCheck } from './check.ts'

const SYSCTL_DOC = 'Documentation/admin-guide/sysctl/vm.rst'
const MEANING = ['guesses', 'grants all', 'never beyond CommitLimit']
const NEVER = 2
/** Of CommitLimit, from where on the next start of a process may be the one that fails. */
const FULL_SHARE = 0.9

export const overcommitMemory: SettingCheck = {
  name: 'vm.overcommit_memory',
  sound: '1',
  source: `mm/util.c, __vm_enough_memory; kubelet, pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables`,
  judge({ sysctls: { overcommitMemory: mode } }) {
    if (mode === undefined) return notThere('How far memory is promised beyond what there is cannot be told.')
    const about = { value: `${mode} (${MEANING[mode] ?? 'unknown'})`, figures: { overcommitMemory: mode } }
    if (mode === 1) {
      return { ...about, severity: 'ok', text: 'Every request is granted; the OOM killer decides when it is touched.' }
    }
    if (mode === NEVER) {
      return {
        ...about,
        severity: 'critical',
        text: 'Beyond CommitLimit allocations fail in every container, whatever its limit and with memory still free: programs crash of it, and no OOM kill tells why. The kubelet wants 1.',
      }
    }
    return {
      ...about,
      severity: 'warning',
      text: 'A single request for more than RAM and swap together is refused. The kubelet sets 1 when it starts; with protectKernelDefaults it refuses to start instead.',
    }
  },
}

export const overcommitLimit: SettingCheck = {
  name: 'vm.overcommit_ratio',
  sound: 'with vm.overcommit_memory=2 a CommitLimit of all RAM or more; without effect in the other modes',
  source: `mm/util.c, vm_commit_limit; ${SYSCTL_DOC}`,
  judge({ sysctls, meminfo: { commitLimitKib, memTotalKib } }) {
    const { overcommitRatioPercent: ratio, overcommitKib: kbytes = 0 } = sysctls
    if (ratio === undefined || commitLimitKib === undefined) return notThere('What may be promised cannot be told.')
    const share = kbytes > 0 ? `overcommit_kbytes ${kbytes}` : `${ratio} % of RAM`
    const about = {
      value: share,
      figures: { overcommitRatioPercent: ratio, overcommitKib: kbytes, commitLimitKib, memTotalKib },
    }
    const limit = `CommitLimit, that and swap, is ${formatKib(commitLimitKib)}`
    if (sysctls.overcommitMemory !== NEVER) {
      return { ...about, severity: 'ok', text: `${limit}; only vm.overcommit_memory=2 keeps to it.` }
    }
    if (memTotalKib === undefined || commitLimitKib >= memTotalKib)
      return { ...about, severity: 'ok', text: `${limit}.` }
    return {
      ...about,
      severity: 'warning',
      text: `${limit} of ${formatKib(memTotalKib)} RAM: the rest can never be promised to a process.`,
    }
  },
}

export const commitCharge: SettingCheck = {
  name: 'commit charge',
  sound: `with vm.overcommit_memory=2 below ${FULL_SHARE * 100} % of CommitLimit`,
  source: 'fs/proc/meminfo.c, Committed_AS; mm/util.c, __vm_enough_memory',
  judge({ sysctls, meminfo }) {
    const { committedKib, commitLimitKib, memTotalKib = 0, swapTotalKib = 0 } = meminfo
    if (committedKib === undefined) return notThere('How much is promised to processes cannot be told.')
    const about = {
      value: formatKib(committedKib),
      figures: { committedKib, commitLimitKib, memTotalKib, swapTotalKib },
    }
    if (sysctls.overcommitMemory === NEVER && commitLimitKib !== undefined) {
      const text = `Promised to processes: ${formatShare(committedKib, commitLimitKib)} of CommitLimit (${formatKib(commitLimitKib)}).`
      if (committedKib < commitLimitKib * FULL_SHARE) return { ...about, severity: 'ok', text }
      return { ...about, severity: 'warning', text: `${text} What asks for more than the rest fails.` }
    }
    const thereKib = memTotalKib + swapTotalKib
    if (committedKib <= thereKib) {
      const text = `Promised to processes (Committed_AS): all of it could be touched, with ${formatKib(thereKib)} of RAM and swap.`
      return { ...about, severity: 'ok', text }
    }
    const text = `Promised to processes (Committed_AS): if all was touched, ${formatKib(committedKib - thereKib)} would be missing. That is usual, and the OOM killer's part.`
    return { ...about, severity: 'note', text }
  },
}
