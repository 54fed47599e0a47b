#include "port_port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "port_priv.h"

int port_kind_parse(const char *name, enum port_kind *kind)
{
	static const char *const names[] = {
		[PORT_TAP] = "tap",
		[PORT_AF_PACKET] = "af_packet",
		[PORT_AF_XDP] = "af_xdp",
		[PORT_MEMIF] = "memif",
		[PORT_PCI] = "pci",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*kind = (enum port_kind)i;
			return 0;
		}
	return -EINVAL;
}

int port_hugepages_parse(const char *name, enum port_hugepages *hugepages)
{
	static const char *const names[] = {
		[PORT_HUGEPAGES_AUTO] = "auto",
		[PORT_HUGEPAGES_ON] = "on",
		[PORT_HUGEPAGES_OFF] = "off",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*hugepages = (enum port_hugepages)i;
			return 0;
		}
	return -EINVAL;
}

int port_init(const struct port_config *config, struct port **port, char *error)
{
	bool has_hugepages = false;
	int status;

	if (config->mtu < 576 || config->mtu > 9000)
		return port_fail(error, EINVAL, "port: the MTU must be 576 to 9000 bytes");
	*port = calloc(1, sizeof(**port));
	if (*port == NULL)
		return port_fail(error, ENOMEM, "port: out of memory");
	status = port_eal_start(config, &has_hugepages, error);
	if (status == 0)
		status = port_device_start(*port, config, error);
	if (status < 0) {
		free(*port);
		*port = NULL;
		return status;
	}
	(*port)->info.hugepages = has_hugepages;
	return 0;
}

void port_fini(struct port *port)
{
	if (port == NULL)
		return;
	port_tx_flush(port);
	port_device_stop(port);
	rte_eal_cleanup();
	free(port);
}

const struct port_info *port_info(const struct port *port)
{
	return &port->info;
}
