#ifndef INIT_FILE_H
#define INIT_FILE_H

/*
 * Files that others read while they are replaced: they see the old one or the new one.
 *
 * Layer:     init
 * Thread:    the first process
 * Errors:    0 or negative errno; after an error the old file stays
 *
 * Nothing is flushed to the disk, unlike base_file_replace: the first process must not wait for a disk, as the
 * watchdog would end the box. A power cut may lose what was written last.
 */
int init_file_replace(const char *path, const char *text) __attribute__((warn_unused_result));

#endif
