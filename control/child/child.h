#ifndef CHILD_H
#define CHILD_H

#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Programs that we run: what they say as a value, and how they end.
 *
 * Layer:     child (base)
 * Thread:    any; the caller waits for the program
 * Ownership: buffers are the caller's
 * Lifetime:  child_capture leaves no process of its own behind; who calls child_spawn calls child_wait
 *
 * A program begins with the signals as programs expect them, whatever we ignore or block, and is not spared when memory
 * is out. README.md says why things are as they are.
 */

enum child_how {
	CHILD_EXITED, /* number = its exit status */
	CHILD_SIGNALLED, /* number = the signal */
	CHILD_LATE, /* its time was over, and it was killed; number says nothing */
};

struct child_end {
	enum child_how how;
	int number;
};

struct child_program {
	const char *const *argv; /* argv[0] by PATH; ends with NULL */
	unsigned limit_s; /* then it is killed */
	/*
	 * In a process group of its own, so that what it has started is killed with it. Not where a Ctrl-C of the terminal,
	 * or whoever ends our group, has to end it too.
	 */
	bool has_group;
};

/*
 * Runs a program without input, and keeps what it writes to standard output and error: the first text_bytes - 1 bytes
 * and a NUL, also on failure; *len of them. The rest is read and forgotten, so that the program gets to its end. That
 * end counts, not that of its output: it may close that early, and what it leaves behind may hold it open.
 * 0 with *end, or a negative errno when it could not be run (-ENOENT: there is no such program).
 */
int child_capture(const struct child_program *program, char *text, size_t text_bytes, size_t *len,
	struct child_end *end) __attribute__((warn_unused_result));

/* Whether it ended well: in time, with status 0. */
bool child_is_done(const struct child_end *end);

/* Starts a program whose descriptors are as `files` says, for child_wait. 0 with *pid, or a negative errno. */
int child_spawn(const char *const *argv, const posix_spawn_file_actions_t *files, bool has_group,
	pid_t *pid) __attribute__((warn_unused_result));

/* Waits for the end, however long it takes. 0 with *end (never CHILD_LATE), or a negative errno. */
int child_wait(pid_t pid, struct child_end *end) __attribute__((warn_unused_result));

/*
 * The console is among the last that the kernel ends when memory is out; a program that it starts is not, or one that
 * takes all memory would take the box with it. child_spawn and child_capture do this by themselves.
 */
void child_reset_oom_score(pid_t pid);

#endif
