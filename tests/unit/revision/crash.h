#ifndef CRASH_H
#define CRASH_H

/*
 * Power cuts and failing disks: doubles of the calls that change a disk.
 *
 * Thread: one
 *
 * Every such call counts one step. A cut happens before its step, with half of a write done; then files that were
 * written but not synced lose their content, as a real disk may have it.
 */

/* The process ends at the given step (1 = the next) by SIGKILL. 0 = never. */
void crash_at(unsigned step);

/* That step, and all after it when `for_good`, fails with `error` in place of being done. */
void crash_fail_at(unsigned step, int error, int for_good);

/* Steps since the last of these calls: their number, and a letter each: w(rite), f(sync), r(ename), u(nlink), l(ink),
 * s(ymlink), m(kdir). */
unsigned crash_steps(void);
const char *crash_trace(void);

#endif
