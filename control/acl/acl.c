#include "acl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl_priv.h"

enum { FILE_MAX = 1 << 20 };

bool acl_fault(struct acl_compiler *c, const struct acl_node *at, const char *fmt, ...)
{
	char what[ACL_FAULT_MAX], line[ACL_FAULT_MAX + 300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "%.256s:%u:%u: %s", c->path, at->line, at->column, what);
	c->faults++;
	c->report(c->arg, line);
	return false;
}

bool acl_expected(struct acl_compiler *c, const struct acl_node *found, const char *what)
{
	char description[80];

	acl_node_describe(found, description, sizeof(description));
	return acl_fault(c, found, "expected %s, found %s", what, description);
}

/* What a rule asks of the packet: filled from ACTION. */
struct action {
	unsigned actions, qos_mask;
	enum rule_retain retain;
};

static bool compile_action_name(
	struct acl_compiler *c, const struct acl_node *node, struct action *out)
{
	if (acl_node_is_atom(node, "publish"))
		out->actions = RULE_PUBLISH;
	else if (acl_node_is_atom(node, "subscribe"))
		out->actions = RULE_SUBSCRIBE;
	else if (acl_node_is_atom(node, "all") || acl_node_is_atom(node, "pubsub"))
		out->actions = RULE_PUBLISH | RULE_SUBSCRIBE;
	else
		return acl_expected(c, node, "publish, subscribe or all");
	return true;
}

static bool add_qos(struct acl_compiler *c, const struct acl_node *node, unsigned *mask)
{
	if (node->kind != ACL_INTEGER || node->number > 2)
		return acl_expected(c, node, "0, 1 or 2");
	*mask |= 1u << node->number;
	return true;
}

/* {qos, 1} or {qos, [1, 2]}: the value. */
static bool compile_qos(struct acl_compiler *c, const struct acl_node *value, struct action *out)
{
	out->qos_mask = 0;
	if (value->kind != ACL_LIST)
		return add_qos(c, value, &out->qos_mask);
	if (value->len == 0)
		return acl_expected(c, value, "at least one of 0, 1 and 2");
	for (const struct acl_node *n = acl_node_first(&c->reader, value); n != NULL;
		n = acl_node_next(&c->reader, n))
		if (!add_qos(c, n, &out->qos_mask))
			return false;
	return true;
}

static bool compile_retain(struct acl_compiler *c, const struct acl_node *at,
	const struct acl_node *value, struct action *out)
{
	if (out->actions == RULE_SUBSCRIBE)
		return acl_fault(c, at, "retain belongs to publish, not to subscribe");
	if (acl_node_is_atom(value, "true"))
		out->retain = RULE_RETAIN_TRUE;
	else if (acl_node_is_atom(value, "false"))
		out->retain = RULE_RETAIN_FALSE;
	else if (acl_node_is_atom(value, "all"))
		out->retain = RULE_RETAIN_ANY;
	else
		return acl_expected(c, value, "true, false or all");
	return true;
}

static bool compile_action(struct acl_compiler *c, const struct acl_node *node, struct action *out)
{
	static const char whole[] =
		"publish, subscribe, all or {ACTION, [{qos, ...}, {retain, ...}]}";
	const struct acl_node *options;

	*out = (struct action){.qos_mask = RULE_ANY_QOS, .retain = RULE_RETAIN_ANY};
	if (node->kind == ACL_ATOM)
		return compile_action_name(c, node, out);
	if (node->kind != ACL_TUPLE || node->len != 2)
		return acl_expected(c, node, whole);
	if (!compile_action_name(c, acl_node_first(&c->reader, node), out))
		return false;
	options = acl_node_next(&c->reader, acl_node_first(&c->reader, node));
	if (options->kind != ACL_LIST)
		return acl_expected(c, options, "a list of {qos, ...} and {retain, ...}");
	for (const struct acl_node *o = acl_node_first(&c->reader, options); o != NULL;
		o = acl_node_next(&c->reader, o)) {
		const struct acl_node *name = acl_node_first(&c->reader, o), *value;
		bool is_good;

		if (o->kind != ACL_TUPLE || o->len != 2)
			return acl_expected(c, o, "{qos, ...} or {retain, ...}");
		value = acl_node_next(&c->reader, name);
		if (acl_node_is_atom(name, "qos"))
			is_good = compile_qos(c, value, out);
		else if (acl_node_is_atom(name, "retain"))
			is_good = compile_retain(c, o, value, out);
		else
			is_good = acl_expected(c, name, "qos or retain");
		if (!is_good)
			return false;
	}
	return true;
}

static bool compile_rule(struct acl_compiler *c, const struct acl_node *term)
{
	const struct acl_node *verdict, *who, *act, *topics;
	struct action action = {RULE_PUBLISH | RULE_SUBSCRIBE, RULE_ANY_QOS, RULE_RETAIN_ANY};
	bool allow;

	if (term->kind != ACL_TUPLE || (term->len != 2 && term->len != 4))
		return acl_expected(c, term,
			"{allow | deny, all} or {allow | deny, WHO, ACTION, [TOPIC, ...]}");
	verdict = acl_node_first(&c->reader, term);
	allow = acl_node_is_atom(verdict, "allow");
	if (!allow && !acl_node_is_atom(verdict, "deny"))
		return acl_expected(c, verdict, "allow or deny");
	who = acl_node_next(&c->reader, verdict);
	if (term->len == 2) {
		if (!acl_node_is_atom(who, "all"))
			return acl_expected(c, who, "all, or WHO, ACTION and a list of topics");
		rule_build_rule(&c->build, allow, action.actions, action.qos_mask, action.retain);
		rule_build_all(&c->build);
		return true;
	}
	act = acl_node_next(&c->reader, who);
	topics = acl_node_next(&c->reader, act);
	if (!compile_action(c, act, &action))
		return false;
	rule_build_rule(&c->build, allow, action.actions, action.qos_mask, action.retain);
	return acl_compile_who(c, who) && acl_compile_topics(c, topics);
}

/* Every term of the text; faults are counted. */
static int compile_terms(struct acl_compiler *c)
{
	for (;;) {
		struct acl_node place;
		const struct acl_node *term = acl_term_read(&c->reader);

		if (c->reader.is_out_of_memory)
			return -ENOMEM;
		if (term == NULL && c->reader.fault[0] == '\0')
			return 0;
		if (term == NULL) {
			place = (struct acl_node){
				.line = c->reader.fault_line, .column = c->reader.fault_column};
			acl_fault(c, &place, "%s", c->reader.fault);
		} else if (compile_rule(c, term) && c->faults == 0 && c->build.error != 0) {
			acl_fault(c, term, "the rule is too large");
			return 0;
		}
	}
}

int acl_compile(const char *path, const char *text, size_t text_bytes, void **blob,
	size_t *blob_bytes, acl_report_fn *report, void *arg)
{
	struct acl_compiler c = {.path = path, .report = report, .arg = arg};
	/* the shortest part of the text, "::" with a comma, becomes 24 bytes */
	size_t room = 16 * text_bytes + 1024;
	void *table = malloc(room);
	int rc;

	if (table == NULL)
		return -ENOMEM;
	rc = acl_reader_init(&c.reader, text, text_bytes);
	rule_build_begin(&c.build, table, room);
	if (rc == 0)
		rc = compile_terms(&c);
	acl_reader_fini(&c.reader);
	if (rc == 0 && c.faults == 0)
		rc = rule_build_end(&c.build);
	if (c.faults > 0 || rc < 0) {
		free(table);
		return rc == -ENOMEM ? rc : -EINVAL;
	}
	*blob_bytes = (size_t)rc;
	*blob = realloc(table, *blob_bytes);
	if (*blob == NULL)
		*blob = table;
	return 0;
}

static void report_system(const char *path, int error, acl_report_fn *report, void *arg)
{
	char line[512];

	snprintf(line, sizeof(line), "%s: %s", path, strerror(error));
	report(arg, line);
}

/* What no ring takes is refused where a person reads why, and not by the ring. */
static int check_size(const char *path, size_t most_bytes, void **blob, size_t blob_bytes,
	acl_report_fn *report, void *arg)
{
	char line[512];

	if (blob_bytes <= most_bytes)
		return 0;
	snprintf(line, sizeof(line),
		"%.256s: the rules have %zu bytes compiled, more than the %zu of half of "
		"region.ring_bytes less 4KB; raise region.ring_bytes or shorten the file",
		path, blob_bytes, most_bytes);
	report(arg, line);
	free(*blob);
	*blob = NULL;
	return -EMSGSIZE;
}

int acl_load(const char *path, size_t most_bytes, void **blob, size_t *blob_bytes,
	acl_report_fn *report, void *arg)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t bytes;
	int rc = 0;

	if (file == NULL) {
		rc = -errno;
		report_system(path, -rc, report, arg);
		return rc;
	}
	text = malloc(FILE_MAX + 1);
	bytes = text != NULL ? fread(text, 1, FILE_MAX + 1, file) : 0;
	if (text == NULL)
		rc = -ENOMEM;
	else if (ferror(file))
		rc = errno != 0 ? -errno : -EIO;
	else if (bytes > FILE_MAX)
		rc = -EFBIG;
	if (rc != 0)
		report_system(path, -rc, report, arg);
	else
		rc = acl_compile(path, text, bytes, blob, blob_bytes, report, arg);
	if (rc == 0)
		rc = check_size(path, most_bytes, blob, *blob_bytes, report, arg);
	free(text);
	fclose(file);
	return rc;
}
