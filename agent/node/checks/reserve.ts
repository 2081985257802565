import { formatKib, formatShare } from '#kernel/explain/quantity.ts'
import { resolveReserve } from '../reserve.ts'
import { notThere, type SettingCheck } from './check.ts'

const SYSCTL_DOC = 'Documentation/admin-guide/sysctl/vm.rst'
const ZONES_UNKNOWN = 'The zones are not there (/proc/zoneinfo): what is kept free cannot be told.'
/** Of RAM: more than this kept free is memory that nobody can use. */
const MOST_SHARE = 0.05
/** The kernel's own choice goes no higher up to 5.7, and is no reason to ask for more since. */
const DEFAULT_MOST_KIB = 65_536

/** Source: mm/page_alloc.c, calculate_min_free_kbytes. khugepaged raises it further, to keep whole blocks. */
function kernelsMinFreeKib(memTotalKib: number): number {
  return Math.min(DEFAULT_MOST_KIB, Math.max(128, Math.floor(Math.sqrt(memTotalKib * 16))))
}

/** The kernel reckons with RAM less what is kept free, and rounds. */
const TOLERANCE = 0.95

export const minFree: SettingCheck = {
  name: 'vm.min_free_kbytes',
  sound: `at least √(16 × RAM in KiB), up to 64 MiB, as the kernel itself takes; at most ${MOST_SHARE * 100} % of RAM`,
  source: `mm/page_alloc.c, calculate_min_free_kbytes and __setup_per_zone_wmarks; ${SYSCTL_DOC}`,
  judge({ sysctls: { minFreeKib }, meminfo: { memTotalKib } }) {
    if (minFreeKib === undefined || memTotalKib === undefined) {
      return notThere('What is kept for the kernel’s own requests cannot be told.')
    }
    const defaultKib = kernelsMinFreeKib(memTotalKib)
    const about = {
      value: `${minFreeKib} (${formatKib(minFreeKib)})`,
      figures: { minFreeKib, memTotalKib, kernelsOwnKib: defaultKib },
    }
    const share = `${formatShare(minFreeKib, memTotalKib)} of RAM is kept for requests that cannot wait`
    if (minFreeKib > memTotalKib * MOST_SHARE) {
      const text = `${share}: pods cannot have it, though the node’s capacity counts it.`
      return { ...about, severity: 'warning', text }
    }
    if (minFreeKib < defaultKib * TOLERANCE) {
      const text = `${share}; the kernel itself would take ${formatKib(defaultKib)}. Network and disk may fail to allocate before reclaim has made room.`
      return { ...about, severity: 'warning', text }
    }
    return { ...about, severity: 'ok', text: `${share}.` }
  },
}

export const watermarkScale: SettingCheck = {
  name: 'vm.watermark_scale_factor',
  sound: `high watermarks of at most ${MOST_SHARE * 100} % of RAM together`,
  source: `mm/page_alloc.c, __setup_per_zone_wmarks; ${SYSCTL_DOC}`,
  judge(settings) {
    const { sysctls, meminfo } = settings
    const { watermarkScaleFactor: factor } = sysctls
    if (factor === undefined)
      return notThere('This kernel (before 4.6) takes a quarter of min as the distance of the watermarks.')
    const reserve = resolveReserve(settings)
    if (reserve === undefined) return notThere(ZONES_UNKNOWN)
    const { minKib, lowKib, highKib } = reserve
    const { memTotalKib = 0 } = meminfo
    const about = {
      value: String(factor),
      figures: { watermarkScaleFactor: factor, minKib, lowKib, highKib, memTotalKib },
    }
    const start = `kswapd starts ${formatKib(lowKib - minKib)} before processes must reclaim themselves, and rests at ${formatKib(highKib)} free`
    if (highKib <= memTotalKib * MOST_SHARE) return { ...about, severity: 'ok', text: `${start}.` }
    const text = `${start}, ${formatShare(highKib, memTotalKib)} of RAM: it works for memory that nobody will use.`
    return { ...about, severity: 'warning', text }
  },
}

export const lowmemReserve: SettingCheck = {
  name: 'vm.lowmem_reserve_ratio',
  sound: `at most ${MOST_SHARE * 100} % of RAM kept in lower zones`,
  source: `mm/page_alloc.c, setup_per_zone_lowmem_reserve; ${SYSCTL_DOC}`,
  judge(settings) {
    const { lowmemReserveRatio: ratio, zones, pageKib, meminfo } = settings
    const reserve = resolveReserve(settings)
    if (ratio === undefined || reserve === undefined) return notThere('What lower zones keep back cannot be told.')
    const { protectedKib } = reserve
    const { memTotalKib = 0 } = meminfo
    const about = { value: ratio.join(' '), figures: { protectedKib, memTotalKib } }
    const closed = zones.filter(({ managedPages, protectionPages }) => (protectionPages.at(-1) ?? 0) >= managedPages)
    const closedKib = closed.reduce((kib, { managedPages }) => kib + managedPages * pageKib, 0)
    const names = [...new Set(closed.map(({ name }) => name))].join(' and ')
    const all = closed.length === 0 ? '' : ` (all of ${names}, ${formatKib(closedKib)}, in it)`
    const text = `Lower zones keep ${formatKib(protectedKib)}${all} from requests that may use a higher one: free there does not help a process.`
    if (protectedKib <= memTotalKib * MOST_SHARE) return { ...about, severity: 'ok', text }
    return { ...about, severity: 'warning', text: `${text} That is ${formatShare(protectedKib, memTotalKib)} of RAM.` }
  },
}

export const evictionFirst: SettingCheck = {
  name: 'kubelet eviction',
  sound: 'evictionHard memory.available above what is free when the kernel kills: each zone’s min and lowmem_reserve',
  source:
    'mm/page_alloc.c, __zone_watermark_ok; Kubernetes, "Node-pressure Eviction" (memory.available = capacity − working set, 100Mi by default); kubelet, cmd/kubelet/app/server.go, loadConfigFile, and pkg/kubelet/eviction/helpers.go, parseThresholdStatement',
  judge(settings, { evictionKib }) {
    const reserve = resolveReserve(settings)
    if (reserve === undefined) return notThere(ZONES_UNKNOWN)
    const { freeAtKillKib, highKib, protectedKib } = reserve
    if (evictionKib === undefined) {
      const text = `The kubelet does not evict for memory (evictionHard leaves memory.available out, or disables it): with about ${formatKib(freeAtKillKib)} free the kernel kills, by oom_score alone and without looking at requests.`
      return { value: 'never', severity: 'critical', text, figures: { freeAtKillKib, highKib, protectedKib } }
    }
    const about = {
      value: `below ${formatKib(evictionKib)}`,
      figures: { evictionKib, freeAtKillKib, highKib, protectedKib },
    }
    const kill = `With about ${formatKib(freeAtKillKib)} free the kernel refuses processes and kills`
    if (evictionKib <= freeAtKillKib) {
      const text = `${kill}: what pods take does not bring memory.available, which counts that, down to the threshold. The kernel kills before the kubelet evicts; set evictionHard memory.available well above it.`
      return { ...about, severity: 'warning', text }
    }
    if (evictionKib <= highKib + protectedKib) {
      const text = `${kill}; the threshold is within the watermarks (${formatKib(highKib + protectedKib)}), so it is a race. The kubelet looks every 10 s.`
      return { ...about, severity: 'note', text }
    }
    return {
      ...about,
      severity: 'ok',
      text: `${kill}; the kubelet evicts before that, unless memory goes within its 10 s.`,
    }
  },
}
