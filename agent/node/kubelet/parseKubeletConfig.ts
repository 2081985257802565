import * as z from 'zod'
import { printable } from '#program/errors.ts'
import { DEFAULT_EVICTION, type EvictionThreshold, type KubeletConfig } from './kubeletConfig.ts'
import { parseQuantityKib } from '#program/quantityKib.ts'

/** What nobody writes is null in Go's marshalled form. */
const orNull = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined)
const flag = (fallback: boolean) => orNull(z.boolean()).transform((value) => value ?? fallback)
const reserved = orNull(z.object({ memory: orNull(quantity()) })).transform((value) => value?.memory ?? 0)
const evictionHard = z.object({ 'memory.available': orNull(z.union([z.string(), z.number()]).transform(String)) })

const schema = z.object({
  kind: z.literal('KubeletConfiguration'),
  evictionHard: orNull(evictionHard),
  mergeDefaultEvictionSettings: flag(false),
  systemReserved: reserved,
  kubeReserved: reserved,
  enforceNodeAllocatable: orNull(z.array(z.string())),
  cgroupsPerQOS: flag(true),
  failCgroupV1: flag(true),
  failSwapOn: flag(true),
  memorySwap: orNull(z.object({ swapBehavior: orNull(z.string()) })),
  singleProcessOOMKill: orNull(z.boolean()),
  protectKernelDefaults: flag(false),
  cgroupDriver: orNull(z.string()),
})

/**
 * @param document of YAML or JSON, as it was loaded
 * @returns what it says, or one sentence of what is wrong with it
 */
export function parseKubeletConfig(document: unknown): KubeletConfig | { problem: string } {
  const parsed = schema.safeParse(document)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const path = issue?.path.join('.')
    return { problem: printable(`${path ? `${path}: ` : ''}${issue?.message ?? 'it is no KubeletConfiguration'}`) }
  }
  const { data } = parsed
  const eviction = resolveEviction(data.evictionHard, data.mergeDefaultEvictionSettings)
  if (eviction === undefined) {
    return {
      problem: printable(
        `evictionHard.memory.available: expected a quantity or a percentage, got "${data.evictionHard?.['memory.available']}"`,
      ),
    }
  }
  return {
    eviction,
    systemReservedKib: data.systemReserved,
    kubeReservedKib: data.kubeReserved,
    enforceNodeAllocatable: data.cgroupsPerQOS ? (data.enforceNodeAllocatable ?? ['pods']) : [],
    failCgroupV1: data.failCgroupV1,
    failSwapOn: data.failSwapOn,
    swapBehavior: data.memorySwap?.swapBehavior || 'NoSwap',
    singleProcessOomKill: data.singleProcessOOMKill,
    protectKernelDefaults: data.protectKernelDefaults,
    cgroupDriver: data.cgroupDriver || 'cgroupfs',
  }
}

/**
 * Sources: cmd/kubelet/app/server.go, loadConfigFile (evictionHard in the file replaces all defaults, unless they are merged);
 * pkg/kubelet/eviction/helpers.go, parseThresholdStatement (0% and 100% switch a signal off).
 */
function resolveEviction(
  hard: z.infer<typeof evictionHard> | undefined,
  isMerged: boolean,
): EvictionThreshold | undefined {
  if (hard === undefined) return DEFAULT_EVICTION
  const text = hard['memory.available']
  if (text === undefined) return isMerged ? DEFAULT_EVICTION : { kind: 'off', because: 'leftOut' }
  if (text === '0%' || text === '100%') return { kind: 'off', because: 'disabled' }
  const percent = /^(\d{1,3}(?:\.\d{1,9})?)%$/.exec(text)?.[1]
  if (percent !== undefined) return Number(percent) <= 100 ? { kind: 'share', percent: Number(percent) } : undefined
  const kib = parseQuantityKib(text)
  return kib === undefined ? undefined : { kind: 'size', kib, isDefault: false }
}

function quantity() {
  return z
    .union([z.string(), z.number()])
    .transform((value) => (Number(value) === 0 ? 0 : parseQuantityKib(String(value))))
    .refine((kib) => kib !== undefined, { error: 'expected an amount of memory, as 500Mi' })
    .transform((kib) => kib ?? 0)
}
