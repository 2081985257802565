const STARTS = /^(?:Unreclaimable slab info:|Memory allocations:)/
/** The slab table's own header. */
const HEADER = /^Name +Used +Total\s*$/
/** `kmalloc-2048     59164KB    59164KB`; `   107 MiB   27424 mm/slub.c:2305 func:alloc_slab_page`, bytes without a unit. */
const ROW = /^(?:\S.* +\d+KB +\d+KB|\s*\d+(?:\.\d+)?(?: ?(?:[kKMGT]i?)?B)? +\d+ \S+:\d+ .*)\s*$/

/** Names are short; a longer line would be looked through again and again for its end. Characters. */
const MAX_ROW_LENGTH = 256

/** Whether a line is such a row, wherever it stands. */
export function isSlabRow(text: string): boolean {
  return text.length <= MAX_ROW_LENGTH && ROW.test(text)
}

/**
 * Where the kernel lists what slab caches or call sites hold. Sources: mm/slab_common.c, dump_unreclaimable_slab (4.15+);
 * mm/show_mem.c, __show_mem (6.10+).
 */
export function isSlabTableStart(text: string): boolean {
  return STARTS.test(text)
}

/** @returns whether the text is a row of such a table, its header, or neither, which ends it. */
export function slabLineKind(text: string): 'row' | 'header' | undefined {
  if (HEADER.test(text)) return 'header'
  return isSlabRow(text) ? 'row' : undefined
}
