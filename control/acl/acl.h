#ifndef ACL_H
#define ACL_H

#include <stddef.h>
#include <stdint.h>

/*
 * The access rules of conf/acl.conf, in EMQX's grammar, compiled into the form that workers check.
 *
 * Layer:     acl (base, wire, rule)
 * Thread:    any; no state
 * Ownership: a compiled blob is the caller's, from malloc
 *
 * A file is a list of terms, each ended by a full stop; `%` begins a comment. The first rule that matches decides:
 *
 *   {allow | deny, all}.
 *   {allow | deny, WHO, ACTION, [TOPIC, ...]}.
 *   WHO    = all | {user | username, "name"} | {client | clientid, "id"} | {ipaddr, "CIDR"}
 *          | {ipaddrs, ["CIDR", ...]} | {'and', [WHO, ...]} | {'or', [WHO, ...]}
 *   ACTION = publish | subscribe | all | {ACTION, [{qos, 0..2 | [0..2, ...]}, {retain, true | false | all}]}
 *   TOPIC  = "filter" | {eq, "filter"} | "eq filter", which may hold ${clientid} and ${username}
 *
 * `all` may stand for the list of topics, and `pubsub` for the action `all`.
 */

/* One fault, "PATH:LINE:COLUMN: what is wrong", without newline; borrowed for the call. */
typedef void acl_report_fn(void *arg, const char *line);

/*
 * Compiles `text`, of `text_bytes`, which came from `path` (for messages only). On success *blob and
 * *blob_bytes are set and 0 is returned. Otherwise every fault is reported (after a fault the next term
 * is tried), nothing is set, and the result is -EINVAL or -ENOMEM.
 */
int acl_compile(const char *path, const char *text, size_t text_bytes, void **blob,
	size_t *blob_bytes, acl_report_fn *report, void *arg) __attribute__((warn_unused_result));

/*
 * The same from a file; also what the system says about the file, reported, and -EMSGSIZE when the blob would be larger
 * than `most_bytes`: config_rules_most, which the message explains.
 */
int acl_load(const char *path, size_t most_bytes, void **blob, size_t *blob_bytes,
	acl_report_fn *report, void *arg) __attribute__((warn_unused_result));

#endif
