/**
 * A cgroup without a limit is printed with the largest number that its counter holds: LONG_MAX in pages, in kB. The page
 * size takes some of it off (9007199254740988 with 4 KiB, …928 with 64). Sources: include/linux/page_counter.h,
 * PAGE_COUNTER_MAX; include/linux/res_counter.h, RES_COUNTER_MAX (before 3.19).
 */
const NO_LIMIT_FROM_KIB = 2 ** 53 - 1024

/** @param limitKib as printed @returns whether it is a limit at all; undefined where none was printed */
export function isLimited(limitKib: number | undefined): boolean | undefined {
  return limitKib === undefined ? undefined : limitKib < NO_LIMIT_FROM_KIB
}
