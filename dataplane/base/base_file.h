#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

/*
 * Small files that a power cut must not tear. Not for the packet path: all of it waits for the disk.
 *
 * Layer:  base (C library only)
 * Thread: any; two writers of the same file exclude each other by themselves
 *
 * All return 0 or a negative errno.
 */

/* What stands behind a file's name while it is not whole; a cut may leave it, and the next writer takes it away. */
#define BASE_FILE_UNFINISHED ".new"

/* All of it, however many calls it takes. */
int base_file_write_all(int fd, const void *data, size_t bytes) __attribute__((warn_unused_result));

/* Makes durable what has changed in the folder of `path`: the name of a new file, or that one is gone. */
int base_file_sync_folder(const char *path) __attribute__((warn_unused_result));

/*
 * Puts a file in place such that a power cut leaves the old one or the new one, whole: another name, flushed, then a
 * rename, then the folder flushed. When only the last step fails, the new file is in place all the same. It has `mode`
 * (and the umask), whatever the old one had.
 */
int base_file_replace(const char *path, unsigned mode, const void *data, size_t bytes)
	__attribute__((warn_unused_result));

#endif
