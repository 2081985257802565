import { gfpBitsOf } from './gfpBits.ts'

const RECLAIM = ['__GFP_DIRECT_RECLAIM', '__GFP_KSWAPD_RECLAIM']
const KERNEL = [...RECLAIM, '__GFP_IO', '__GFP_FS']
const USER = [...KERNEL, '__GFP_HARDWALL']
const HIGHUSER = [...USER, '__GFP_HIGHMEM']
const MOVABLE_USER = [...HIGHUSER, '__GFP_MOVABLE']
const HUGE = [...MOVABLE_USER, '__GFP_COMP', '__GFP_NOMEMALLOC', '__GFP_NOWARN']

/**
 * Names for several flags at once, the widest first, as the kernel prints them.
 * Source: include/trace/events/mmflags.h, __def_gfpflag_names; values from include/linux/gfp.h.
 */
const COMPOUNDS: readonly (readonly [string, readonly string[]])[] = [
  ['GFP_TRANSHUGE', HUGE],
  ['GFP_TRANSHUGE_LIGHT', HUGE.filter((flag) => !RECLAIM.includes(flag))],
  ['GFP_HIGHUSER_MOVABLE', MOVABLE_USER],
  ['GFP_HIGHUSER', HIGHUSER],
  ['GFP_USER', USER],
  ['GFP_KERNEL_ACCOUNT', [...KERNEL, '__GFP_ACCOUNT']],
  ['GFP_KERNEL', KERNEL],
  ['GFP_NOFS', [...RECLAIM, '__GFP_IO']],
  ['GFP_ATOMIC', ['__GFP_HIGH', '__GFP_ATOMIC', '__GFP_KSWAPD_RECLAIM']],
  ['GFP_NOIO', RECLAIM],
  ['GFP_NOWAIT', ['__GFP_KSWAPD_RECLAIM']],
  ['GFP_DMA', ['__GFP_DMA']],
  ['GFP_DMA32', ['__GFP_DMA32']],
  ['__GFP_RECLAIM', RECLAIM],
]

/** Before 4.4 one flag stood for both kinds of reclaim; GFP_ATOMIC was HIGH alone. */
function asBefore44([name, flags]: readonly [string, readonly string[]]): [string, string[]] {
  if (name === 'GFP_ATOMIC') return [name, ['__GFP_HIGH']]
  const others = flags.filter((flag) => !RECLAIM.includes(flag))
  return [name, others.length === flags.length ? others : ['__GFP_WAIT', ...others]]
}

const COMPOUNDS_BEFORE_4_4 = COMPOUNDS.filter(([name]) => name !== 'GFP_NOWAIT' && name !== '__GFP_RECLAIM').map(
  asBefore44,
)

/** A mask's flags: as people write them, and each one alone. */
export interface GfpFlags {
  names: readonly string[]
  single: ReadonlySet<string>
  /** Bits that the era's table has no name for: they depend on the kernel's configuration. */
  unknownBits?: string | undefined
}

/** @param gfpMask hexadecimal, as printed */
export function decodeGfpMask(gfpMask: string, kernelRelease: string | undefined): GfpFlags {
  let rest = Number(gfpMask)
  const single = new Set<string>()
  for (const [bit, name] of gfpBitsOf(kernelRelease, rest)) {
    if ((rest & bit) === 0) continue
    single.add(name)
    rest -= bit
  }
  const unknownBits = rest > 0 ? `0x${rest.toString(16)}` : undefined
  return { names: namesOf(single), single, unknownBits }
}

/** Names as the kernel printed them → each flag alone. A name that we do not know stands for itself. */
export function expandGfpNames(names: readonly string[]): GfpFlags {
  const compounds = new Map(COMPOUNDS)
  return { names, single: new Set(names.flatMap((name) => compounds.get(name) ?? [name])) }
}

function namesOf(single: ReadonlySet<string>): string[] {
  const compounds = single.has('__GFP_WAIT') || !hasReclaim(single) ? COMPOUNDS_BEFORE_4_4 : COMPOUNDS
  const left = new Set(single)
  const names: string[] = []
  for (const [name, flags] of compounds) {
    if (!flags.every((flag) => left.has(flag))) continue
    names.push(name)
    for (const flag of flags) left.delete(flag)
  }
  return [...names, ...left]
}

function hasReclaim(single: ReadonlySet<string>): boolean {
  return RECLAIM.some((flag) => single.has(flag))
}
