import { formatKib } from '#kernel/explain/quantity.ts'
import { notThere, type SettingCheck } from './check.ts'

const SWAP_DOC = 'Kubernetes, "Swap memory management"'
/** Of all swap: less is as good as none soon. */
const FULL_SHARE = 0.1

export const swap: SettingCheck = {
  name: 'swap',
  sound: `none; else on cgroup v2 with failSwapOn: false, and ${FULL_SHARE * 100} % of it free`,
  source: `fs/proc/meminfo.c, SwapTotal; ${SWAP_DOC}`,
  judge({ meminfo: { swapTotalKib, swapFreeKib = 0 }, cgroups }) {
    if (swapTotalKib === undefined) return notThere('Whether there is swap cannot be told.')
    if (swapTotalKib === 0) {
      const text = 'As the kubelet wants it by default (failSwapOn). Anonymous memory has nowhere to go but by a kill.'
      return { value: 'none', severity: 'ok', text, figures: { swapTotalKib } }
    }
    const about = {
      value: `${formatKib(swapTotalKib)}, ${formatKib(swapFreeKib)} free`,
      figures: { swapTotalKib, swapFreeKib },
    }
    if (cgroups.memoryVersion === 1) {
      const text =
        'The kubelet starts only with failSwapOn: false, and cannot bound pods’ swap on cgroup v1: LimitedSwap needs v2.'
      return { ...about, severity: 'warning', text }
    }
    if (swapFreeKib < swapTotalKib * FULL_SHARE) {
      const text = 'Nearly full: what else must go out is killed. The kubelet starts only with failSwapOn: false.'
      return { ...about, severity: 'warning', text }
    }
    const text =
      'The kubelet starts only with failSwapOn: false; pods use it only with swapBehavior: LimitedSwap, else host processes alone.'
    return { ...about, severity: 'note', text }
  },
}

export const swappiness: SettingCheck = {
  name: 'vm.swappiness',
  sound: 'above 0 where there is swap',
  source: 'mm/vmscan.c, get_scan_count; Documentation/admin-guide/sysctl/vm.rst',
  judge({ sysctls: { swappiness: value }, meminfo: { swapTotalKib = 0 } }) {
    if (value === undefined) return notThere('How gladly the kernel swaps cannot be told.')
    const about = { value: String(value), figures: { swappiness: value, swapTotalKib } }
    if (swapTotalKib === 0) return { ...about, severity: 'ok', text: 'Without effect: there is no swap.' }
    if (value === 0) {
      const text =
        'The kernel swaps only when free and file pages are below the high watermark: a cgroup at its limit kills with swap still free.'
      return { ...about, severity: 'warning', text }
    }
    const text =
      value > 100
        ? 'Anonymous memory goes before files: right for zram or zswap, not for a disk.'
        : 'Files go before anonymous memory, the more so the lower it is.'
    return { ...about, severity: 'ok', text }
  },
}
