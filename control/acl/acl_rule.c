#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "acl_priv.h"
#include "wire_topic.h"

/* The parts of a rule that have forms of their own: WHO and TOPIC. */

static struct wire_str text_of(const struct acl_node *node)
{
	return (struct wire_str){(const uint8_t *)node->text, (uint32_t)node->text_bytes};
}

/* A length in decimal without anything before or behind it. */
static bool read_prefix(const char *text, unsigned max, unsigned *out)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*out = (unsigned)number;
	return *text >= '0' && *text <= '9' && *end == '\0' && number <= max;
}

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32": what is compared, IPv4 mapped into IPv6. */
static bool read_network(const char *text, uint8_t addr[16], unsigned *prefix_bits)
{
	char address[INET6_ADDRSTRLEN + 1];
	size_t bytes = strcspn(text, "/");
	bool is_v4;

	if (bytes >= sizeof(address))
		return false;
	memcpy(address, text, bytes);
	address[bytes] = '\0';
	memset(addr, 0, 16);
	addr[10] = addr[11] = 0xff;
	is_v4 = inet_pton(AF_INET, address, addr + 12) == 1;
	if (!is_v4 && inet_pton(AF_INET6, address, addr) != 1)
		return false;
	*prefix_bits = is_v4 ? 32 : 128;
	if (text[bytes] == '/' && !read_prefix(text + bytes + 1, *prefix_bits, prefix_bits))
		return false;
	if (is_v4)
		*prefix_bits += 96;
	return true;
}

static bool compile_network(struct acl_compiler *c, const struct acl_node *node)
{
	uint8_t addr[16];
	unsigned prefix_bits;

	if (node->kind != ACL_STRING || !read_network(node->text, addr, &prefix_bits))
		return acl_expected(c, node,
			"an address or network such as \"192.0.2.0/24\" or \"2001:db8::1\"");
	rule_build_network(&c->build, addr, prefix_bits);
	return true;
}

/* {ipaddrs, [...]}: any of them. */
static bool compile_networks(struct acl_compiler *c, const struct acl_node *list)
{
	if (list->kind != ACL_LIST || list->len == 0 || list->len > UINT16_MAX)
		return acl_expected(c, list, "a list of addresses and networks");
	rule_build_or(&c->build, (uint16_t)list->len);
	for (const struct acl_node *n = acl_node_first(&c->reader, list); n != NULL;
		n = acl_node_next(&c->reader, n))
		if (!compile_network(c, n))
			return false;
	return true;
}

static bool compile_condition(struct acl_compiler *c, const struct acl_node *who, unsigned depth);

/* {'and', [...]} and {'or', [...]}. */
static bool compile_conditions(
	struct acl_compiler *c, const struct acl_node *list, bool is_and, unsigned depth)
{
	if (list->kind != ACL_LIST || list->len == 0 || list->len > UINT16_MAX)
		return acl_expected(c, list, "a list of conditions");
	if (is_and)
		rule_build_and(&c->build, (uint16_t)list->len);
	else
		rule_build_or(&c->build, (uint16_t)list->len);
	for (const struct acl_node *n = acl_node_first(&c->reader, list); n != NULL;
		n = acl_node_next(&c->reader, n))
		if (!compile_condition(c, n, depth + 1))
			return false;
	return true;
}

/* {username, "name"} and {clientid, "id"}: the value as text. */
static bool check_name(struct acl_compiler *c, const struct acl_node *value)
{
	if (value->kind == ACL_TUPLE && value->len == 2 &&
		acl_node_is_atom(acl_node_first(&c->reader, value), "re"))
		return acl_fault(c, value, "{re, ...} is not supported yet");
	if (value->kind != ACL_STRING || value->text_bytes > UINT16_MAX ||
		!wire_utf8_is_valid(text_of(value)))
		return acl_expected(c, value, "a name in quotes");
	return true;
}

static bool compile_condition(struct acl_compiler *c, const struct acl_node *who, unsigned depth)
{
	static const char whole[] = "all, {username, ...}, {clientid, ...}, {ipaddr, ...}, "
				    "{ipaddrs, ...}, {'and', ...} or {'or', ...}";
	const struct acl_node *name = acl_node_first(&c->reader, who), *value;

	if (depth >= RULE_DEPTH_MAX)
		return acl_fault(c, who, "more than %d conditions in each other", RULE_DEPTH_MAX);
	if (acl_node_is_atom(who, "all")) {
		rule_build_all(&c->build);
		return true;
	}
	if (who->kind == ACL_TUPLE && who->len > 0 && acl_node_is_atom(name, "client_attr"))
		return acl_fault(c, who, "{client_attr, ...} is not supported yet");
	if (who->kind != ACL_TUPLE || who->len != 2)
		return acl_expected(c, who, whole);
	value = acl_node_next(&c->reader, name);
	if (acl_node_is_atom(name, "user") || acl_node_is_atom(name, "username")) {
		if (!check_name(c, value))
			return false;
		rule_build_username(&c->build, text_of(value));
		return true;
	}
	if (acl_node_is_atom(name, "client") || acl_node_is_atom(name, "clientid")) {
		if (!check_name(c, value))
			return false;
		rule_build_client_id(&c->build, text_of(value));
		return true;
	}
	if (acl_node_is_atom(name, "ipaddr"))
		return compile_network(c, value);
	if (acl_node_is_atom(name, "ipaddrs"))
		return compile_networks(c, value);
	if (acl_node_is_atom(name, "and") || acl_node_is_atom(name, "or"))
		return compile_conditions(c, value, acl_node_is_atom(name, "and"), depth);
	return acl_expected(
		c, name, "user, username, client, clientid, ipaddr, ipaddrs, 'and' or 'or'");
}

bool acl_compile_who(struct acl_compiler *c, const struct acl_node *who)
{
	return compile_condition(c, who, 0);
}

/* Placeholders that there are; another one, or a brace that is not closed, would match nothing. */
static bool check_placeholders(
	struct acl_compiler *c, const struct acl_node *node, const char *text)
{
	static const char *const later[] = {
		"${cert_common_name}", "${zone}", "${client_attrs.", "${peerhost}"};

	while ((text = strstr(text, "${")) != NULL) {
		if (strncmp(text, "${clientid}", 11) != 0 &&
			strncmp(text, "${username}", 11) != 0) {
			for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
				if (strncmp(text, later[i], strlen(later[i])) == 0)
					return acl_fault(c, node, "%.*s is not supported yet",
						(int)strcspn(text, "}") + 1, text);
			return acl_fault(
				c, node, "expected ${clientid} or ${username}, found %.60s", text);
		}
		text += 11;
	}
	return true;
}

static bool compile_filter(
	struct acl_compiler *c, const struct acl_node *node, bool is_literal, size_t skipped)
{
	struct wire_str text = text_of(node);
	struct wire_filter filter;

	text.data += skipped;
	text.bytes -= (uint32_t)skipped;
	if (text.bytes == 0 || text.bytes > UINT16_MAX ||
		wire_filter_parse(&filter, text, 0) != 0 || !wire_utf8_is_valid(text))
		return acl_expected(c, node, "a topic filter such as \"a/+/b\" or \"a/#\"");
	if (filter.share.data != NULL)
		return acl_fault(c, node, "rules see filters without $share/group/ before them");
	if (!check_placeholders(c, node, node->text + skipped))
		return false;
	rule_build_topic(&c->build, is_literal, text);
	return true;
}

/* "filter", {eq, "filter"} or "eq filter". */
static bool compile_topic(struct acl_compiler *c, const struct acl_node *node)
{
	if (node->kind == ACL_TUPLE && node->len == 2 &&
		acl_node_is_atom(acl_node_first(&c->reader, node), "eq")) {
		const struct acl_node *value =
			acl_node_next(&c->reader, acl_node_first(&c->reader, node));

		if (value->kind != ACL_STRING)
			return acl_expected(c, value, "a topic filter in quotes");
		return compile_filter(c, value, true, 0);
	}
	if (node->kind != ACL_STRING)
		return acl_expected(c, node, "\"filter\", {eq, \"filter\"} or \"eq filter\"");
	if (strncmp(node->text, "eq ", 3) == 0)
		return compile_filter(c, node, true, 3);
	return compile_filter(c, node, false, 0);
}

bool acl_compile_topics(struct acl_compiler *c, const struct acl_node *topics)
{
	if (acl_node_is_atom(topics, "all"))
		return true;
	if (topics->kind != ACL_LIST || topics->len == 0)
		return acl_expected(c, topics, "a list of topics, or all");
	for (const struct acl_node *n = acl_node_first(&c->reader, topics); n != NULL;
		n = acl_node_next(&c->reader, n))
		if (!compile_topic(c, n))
			return false;
	return true;
}
