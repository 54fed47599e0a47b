#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "update_fetch.h"
#include "update_install.h"
#include "update_media.h"

/* With the operator's certificates the server is verified; without, the bundle's signature protects all the same. */
static int open_address(struct update_source *out, const char *address,
	const struct update_install *install, struct update_fault *fault)
{
	char ca_path[PATH_MAX];
	bool has_ca;

	update_box_path(install->box, "/cfg/tls/ca.pem", ca_path);
	has_ca = access(ca_path, F_OK) == 0;
	if (!has_ca && strncasecmp(address, "https:", 6) == 0)
		install->say(install->arg,
			"the server is not verified, since there is no /cfg/tls/ca.pem: the "
			"bundle's signature is what protects");
	return update_source_http(out, address, has_ca ? ca_path : NULL, fault);
}

int update_source_open(struct update_source *out, const char *from,
	const struct update_install *install, struct update_fault *fault)
{
	if (strstr(from, "://") != NULL)
		return open_address(out, from, install, fault);
	if (strcasecmp(from, "usb") == 0)
		return update_source_usb(out, install, fault);
	if (strcasecmp(from, "serial") == 0)
		return update_source_serial(out, install, fault);
	return update_source_file(out, from, fault);
}
