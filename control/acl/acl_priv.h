#ifndef ACL_PRIV_H
#define ACL_PRIV_H

#include "acl.h"
#include "acl_term.h"
#include "rule_build.h"

/*
 * What the files of acl share.
 *
 * Layer:  acl
 * Thread: any
 */

/* One file on its way into a table. */
struct acl_compiler {
	struct acl_reader reader;
	struct rule_build build;
	const char *path;
	acl_report_fn *report;
	void *arg;
	unsigned faults;
};

/* Reports a fault at a node: "PATH:LINE:COLUMN: ...". Always false. */
bool acl_fault(struct acl_compiler *c, const struct acl_node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same as "expected WHAT, found NODE". */
bool acl_expected(struct acl_compiler *c, const struct acl_node *found, const char *what);

/* Each compiles one part of a rule; false after a fault. */
bool acl_compile_who(struct acl_compiler *c, const struct acl_node *who);
bool acl_compile_topics(struct acl_compiler *c, const struct acl_node *topics);

#endif
